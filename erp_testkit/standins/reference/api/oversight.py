"""Audit trail, jobs, the extract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Path, Query, Response
from fastapi import Request as HttpRequest

from erp_testkit.domain.documents import AuditEntry, Job
from erp_testkit.standins.reference.api.calling import Caller, Nothing, Reading, Writer, answered, area, reader, refusals, writer
from erp_testkit.standins.reference.database import snapshot
from erp_testkit.standins.reference.services import audit, jobs, ledger
from erp_testkit.standins.reference.values import Code, Moment

router = area("Oversight")
Extracting = Annotated[Caller, reader("extract")]
Tampering = Annotated[Writer, writer("change audit trail")]
Items = Annotated[list[Code], Query(default_factory=list, max_length=1000)]
Seconds = Annotated[float, Query(ge=0, allow_inf_nan=False)]
Entry = Annotated[int, Path(ge=1, le=2**63 - 1)]

_LONGEST_WAIT = 60.0


@router.get("/audit", response_model=Sequence[AuditEntry])
def entries(document: Code, caller: Reading) -> Response:
    """Return the audit entries of a document, oldest first."""
    return caller.look(lambda connection: audit.entries(connection, document))


@router.get("/audit-chain/first-broken", response_model=int | None, responses=refusals(403))
def first_broken(caller: Extracting) -> Response:
    """Check the whole chain; return the position of the first entry that does not fit, or null."""
    return caller.look(audit.first_broken)


@router.put("/audit/{entry}", response_model=Nothing)
def change_entry(entry: Entry, user: Annotated[Code, Body(embed=True)], caller: Tampering) -> Response:
    """Refused: entries are append only."""
    return caller.done(lambda work: audit.change(work, entry, user))


@router.delete("/audit/{entry}", response_model=Nothing)
def delete_entry(entry: Entry, caller: Tampering) -> Response:
    """Refused: entries are append only."""
    return caller.done(lambda work: audit.delete(work, entry))


@router.get("/jobs", response_model=Sequence[Job])
def of_document(document: Code, caller: Reading) -> Response:
    """Return the jobs of a document, oldest first."""
    return caller.look(lambda connection: jobs.of_document(connection, document))


@router.get("/jobs/backlog", response_model=Sequence[Job])
def backlog(caller: Reading) -> Response:
    """Return every job that is queued, running or given up, oldest first."""
    return caller.look(jobs.backlog)


@router.get("/jobs/settled", response_model=bool)
def settled(http: HttpRequest, item: Items, caller: Reading, seconds: Seconds = 10.0) -> Response:  # noqa: ARG001  # who asks is checked
    """Wait until no job for documents of these items is queued or running, at most `seconds`; say whether that is so."""
    return answered(http.app.state.worker.settle(item, min(seconds, _LONGEST_WAIT)))


@router.get("/ledger", response_model=dict[str, list[dict[str, str | int | None]]], responses=refusals(403))
def read(item: Items, since: Moment, caller: Extracting) -> Response:
    """Return the ledger of some items, as it is at one moment."""
    with snapshot(caller.engine) as connection:
        return answered(ledger.read(connection, item, since))
