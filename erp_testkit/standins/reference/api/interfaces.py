"""Interfaces to partner systems as people set them up and watch them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Response
from pydantic import HttpUrl

from erp_testkit.domain.documents import Alarm, MappedField
from erp_testkit.standins.reference.api.calling import Nothing, Reading, Writer, area, writer
from erp_testkit.standins.reference.services import alarms, interfaces
from erp_testkit.standins.reference.values import Code, PathCode, Secret

router = area("Interfaces")
Integrating = Annotated[Writer, writer("integrate")]


@router.get("/interfaces/{channel}/fields", response_model=Sequence[MappedField])
def fields(channel: PathCode, caller: Reading) -> Response:
    """Return the mapping table of an interface, in the order of its rows."""
    return caller.look(lambda connection: interfaces.mapping_table(connection, channel))


@router.put("/interfaces/{channel}/listener", response_model=Nothing)
def connect(channel: PathCode, url: Annotated[HttpUrl, Body()], secret: Annotated[Secret, Body()], caller: Integrating) -> Response:
    """Have every message of a channel posted to this address from now on, instead of to any other."""
    return caller.done(lambda work: interfaces.connect(work, channel, str(url), secret))


@router.delete("/interfaces/{channel}/listener", response_model=Nothing)
def disconnect(channel: PathCode, caller: Integrating) -> Response:
    """Post the messages of a channel nowhere: they wait in the partner's mailbox."""
    return caller.done(lambda work: interfaces.disconnect(work, channel))


@router.get("/alarms", response_model=Sequence[Alarm])
def of_document(document: Code, caller: Reading) -> Response:
    """Return the alarms raised for a document, oldest first."""
    return caller.look(lambda connection: alarms.of_document(connection, document))
