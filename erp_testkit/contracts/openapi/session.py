"""The session of one check: sign in, prepare, run the phases, ask the kit's own questions, and say what was found."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from textwrap import indent
from typing import Any

from erp_testkit.contracts.check import Judged, Live, System
from erp_testkit.contracts.openapi import compat, coverage, generation, probes
from erp_testkit.contracts.openapi.checks import OWN, Judgement
from erp_testkit.contracts.openapi.client import Client, Sent, sign_in
from erp_testkit.contracts.openapi.description import Description, Operation
from erp_testkit.contracts.openapi.expressions import Call, values_at
from erp_testkit.contracts.openapi.findings import distinct, finding, id_of
from erp_testkit.contracts.openapi.headers import LiveHeaders
from erp_testkit.contracts.openapi.settings import Auth, Forbidden, Settings, Value
from erp_testkit.contracts.openapi.setup_requests import SetupRefused, SetupRequests, not_let_in
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.findings import Finding

_ONCE = frozenset({"idempotency-replay", "audit-entry-missing", "not-read-back"})
"""What a request shows only the first time: there is nothing to shrink."""


class Session:
    """One check with its system.

    Args:
        contract: its name.
        description: the contract.
        settings: beside it.
        live: the world.

    Raises:
        EnvironmentFailure: the system cannot be reached.
        UsageError: there is no such system, or it gives no token.
    """

    def __init__(self, contract: str, description: Description, settings: Settings, live: Live) -> None:
        self._contract, self._description, self._settings, self._live = contract, description, settings, live
        system = live.system(settings.system) if settings.system else System(name=contract, url=settings.base_url)
        self._client = Client(system, live, settings.auth)
        self._judgement = Judgement(description, settings, self._client, live)
        self._setups = [SetupRequests(settings, self._client, live)]
        self._headers = LiveHeaders(live, self._client, settings.idempotency_header)
        self._findings: list[Finding] = []
        self._of_others: list[Sent] = []
        self.values: dict[str, dict[str, Sequence[Value]]] = {}
        """Operation to place to values, filled."""
        self.good: list[dict[str, Any]] = []
        """Requests known to be good, where there is one operation."""

    def __enter__(self) -> Session:
        auth = self._settings.auth
        sign_in(self._client, auth, os.environ[auth.token_env] if auth and auth.token_env else "")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def prepare(self, operations: Collection[Operation]) -> bool:
        """Make the setup requests that operations need; say whether that went well, otherwise it is found to be broken."""
        setup = self._setups[0]
        try:
            for operation in operations:
                self.values[operation.label] = self._values(operation, setup)
                if len(operations) == 1:
                    self.good = [_with_data(one, operation) for one in setup.good_requests(operation.label)]
                    for one in self.good:
                        self._headers.know(one["headers"])
        except SetupRefused as refused:
            self._refused(refused)
            return False
        self._judgement.count_entries(self._documents())
        return True

    def phases(self, raw: Mapping[str, Any], phases: Sequence[str], *, examples: int, only: Operation | None = None) -> None:
        """Run phases; what fails is found."""
        failed = self._run(raw, phases, examples, keep_going=True)
        before = {id_of(one.check) for phase, one in failed if phase != "fuzzing"}
        late = {id_of(one.check) for phase, one in failed if phase == "fuzzing"} - before - _ONCE
        if late and only is not None:
            # The same requests again: now the first that fails is shrunk to the least that does.
            failed += self._run(raw, ("fuzzing",), examples, keep_going=False)
        own = only.label if only else ""
        for _, one in failed:
            place = "" if one.sent.operation == own else one.sent.operation
            # The engine speaks in sentences of its own, the kit's checks in what was got.
            detail = one.message if one.check in OWN else indent(f"status {one.sent.status}\n{one.message}", "  ").strip()
            self._findings.append(finding(id_of(one.check), one.sent, detail, self._client.secrets, place=place, before=one.before))

    def probes(self, operation: Operation) -> None:
        """Ask what no single answer tells."""
        spared, header = self._settings.excluded_checks(operation.label), self._settings.idempotency_header
        lists = [one for one in self._settings.paging if one.operation == operation.label]
        # These have nothing in common with those the phases have worked on.
        unsent = SetupRequests(self._settings, self._client, self._live, "-unsent")
        self._setups.append(unsent)
        try:
            walked = (probes.pages(operation, one, self._client, self._setups[0]) for one in lists)
            found = chain(self._forbidden(operation, unsent), probes.writes(operation, self._client, unsent, header), *walked)
            self._findings += [one for one in found if one.id not in spared]
        except SetupRefused as refused:
            self._refused(refused)

    def judged(self, operations: Mapping[str, Operation], left_out: Mapping[str, str]) -> Judged:
        """Say what was found.

        Raises:
            UsageError: nobody was let in.
        """
        sent = self._client.sent
        statuses = {one.status for one in sent if one.method == one.operation.partition(" ")[0]}
        if statuses == {401}:
            raise not_let_in(self._client, len(sent))
        found = (
            str(item)
            for one in sent
            if one.accepted and one.operation in self._settings.items.found
            for item in values_at(self._settings.items.found[one.operation], one.call)
        )
        return Judged(
            findings=distinct(self._findings),
            items=frozenset(found).union(*(setup.items() for setup in self._setups)),
            counted=len(sent),
            coverage=coverage.of_requests(self._contract, operations, [*sent, *self._of_others], left_out),
        )

    def _run(self, raw: Mapping[str, Any], phases: Sequence[str], examples: int, *, keep_going: bool) -> list[tuple[str, compat.Failed]]:
        client = self._client
        config = generation.configuration(
            self._settings,
            url=client.url,
            headers=client.headers,
            seed=self._live.seed,
            examples=examples,
            values=self.values,
            among=[label for label, operation in self._description.operations.items() if operation.path in raw["paths"]],
            keep_going=keep_going,
        )
        schema = compat.schema_of(raw, config)
        failed: list[tuple[str, compat.Failed]] = []
        try:
            for scenario in compat.run(schema, phases, self._judgement, self._headers):
                for sent in scenario.sent:
                    client.keep(sent)
                failed += [(scenario.phase, one) for one in scenario.failed]
        except compat.EngineError as error:
            if error.unreachable:
                raise EnvironmentFailure(
                    f"Failed to check {self._contract} at {client.url}: expected answers, got {error}. "
                    f"Next: see that {client.system.name} runs there"
                ) from error
            raise UsageError(
                f"Failed to check contract {self._contract}: expected one that schemathesis can carry out, got {error}. "
                "Next: leave the operation out with a reason, in the .toml beside the contract"
            ) from error
        return failed

    def _values(self, operation: Operation, setup: SetupRequests) -> dict[str, Sequence[Value]]:
        known = {place: choices for place, choices in self._settings.values_of(operation.label).items() if place in operation.places}
        values: dict[str, Sequence[Value]] = dict(setup.filled(known))
        return {**self._headers.values(operation), **values}

    def _documents(self) -> set[str]:
        """Return the documents that are there before and may be written to."""
        found: set[str] = set()
        for label, values in self.values.items():
            expression = self._settings.audited(label)
            if expression is None:
                continue
            paths = {place.removeprefix("path."): choices for place, choices in values.items() if place.startswith("path.")}
            calls = [Call(path={name: value}) for name, choices in paths.items() for value in choices]
            calls += [Call(path=good["path"], query=good["query"], body=good["body"]) for good in self.good]
            found |= {str(value) for call in calls for value in values_at(expression, call)}
        return found

    def _forbidden(self, operation: Operation, unsent: SetupRequests) -> Iterator[Finding]:
        for one in self._settings.forbidden:
            if operation.label in one.operations:
                good = next(unsent.good_requests(operation.label), None)
                other = Client(self._client.system, self._live, self._settings.auth)
                try:
                    self._sign_in(other, one)
                    yield from probes.forbidden(operation, one.who, other, good or self._asking(operation))
                finally:
                    self._of_others += other.sent
                    other.close()

    def _sign_in(self, other: Client, somebody: Forbidden) -> None:
        auth = self._settings.auth or Auth()
        if somebody.role:
            sign_in(other, auth.model_copy(update={"role": somebody.role}), "", f"$TOKEN_OF_{somebody.role.upper()}")
        else:
            sign_in(other, auth.model_copy(update={"operation": ""}), os.environ[somebody.token_env], f"${somebody.token_env}")

    def _asking(self, operation: Operation) -> dict[str, dict[str, Value]]:
        """Return a request without a body, with the first of the values known for each parameter."""
        asking: dict[str, dict[str, Value]] = {"path": {}, "query": {}}
        for place, choices in self.values[operation.label].items():
            part, _, name = place.partition(".")
            if part in asking:
                asking[part][name] = choices[0]
        return asking

    def _refused(self, refused: SetupRefused) -> None:
        named, secrets = f"setup request {refused.setup.name}", self._client.secrets
        detail = f"{refused.sent.shown(secrets)} to {named}"
        self._findings.append(finding("preparation-refused", refused.sent, detail, secrets, place=named))


def _with_data(request: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return a good request with the data its XML stands for: the engine writes the XML of an example itself."""
    data = operation.from_xml(request["media_type"], request["body"]) if isinstance(request["body"], str) else None
    return request if data is None else {**request, "body": data}
