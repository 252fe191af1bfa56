"""The settings of an OpenAPI contract: ``NAME.toml`` beside ``NAME.yaml``. The format is described in ``docs/contracts.md``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from erp_testkit.contracts.openapi.expressions import is_expression, placeholders, width
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.specs.settings import Mistake, Place, Table, Text, Url, Variable, Wrong, one_of, read, sentence, wrong

Phase = Literal["examples", "coverage", "fuzzing", "stateful"]
OPERATIONS, CHECKS = "operations", "checks"
"""Keys of what `load_settings` knows when it reads: operations with the places of their values, ids of checks."""


def _beginning(where: str, info: ValidationInfo) -> str:
    operations = (info.context or {}).get(OPERATIONS)
    if operations is not None and not any(covers(where, operation) for operation in operations):
        raise Wrong([((), _no_beginning(where, operations))])
    return where


def _expression(text: str) -> str:
    if not is_expression(text):
        raise wrong("an expression such as '$response.body#/number' or '$request.path.number'", text)
    return text


Operation = Annotated[str, one_of("an operation of the contract", key=OPERATIONS)]
Beginning = Annotated[str, AfterValidator(_beginning)]
Expression = Annotated[str, AfterValidator(_expression)]
Pointer = Annotated[str, Field(pattern="^(/.*)?$", title="a JSON pointer such as '/orders', empty for the whole answer")]
Value = str | int | float
Choices = Annotated[tuple[Value, ...], Field(min_length=1, title="at least one value")]


class Auth(Table):
    """How requests are let in. Without `operation`, the token is the partner's own, or that of `token_env`."""

    operation: Operation = ""
    """Operation that gives the token, such as ``POST /token``."""
    role: Role = Role.MANAGER
    """Whose name and password ``{user:name}`` and ``{user:password}`` in `body` are."""
    body: Mapping[str, Any] = {}
    token: str = ""
    """JSON pointer to the token in the answer."""
    token_env: Variable = ""
    """Environment variable with a token that does not change."""
    header: str = "Authorization"
    value: str = "Bearer {token}"

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        if self.operation and not self.token.startswith("/"):
            yield ("token",), sentence("a JSON pointer into the answer, such as '/token'", self.token)


class Budget(Table):
    """How much is tried."""

    fuzzing: int = Field(default=10, ge=1)
    """Generated requests per operation."""
    scenarios: int = Field(default=10, ge=1)
    """Chains of requests."""
    steps: int = Field(default=6, ge=2)
    """Maximum number of requests in a chain."""
    operations: Mapping[Operation, Annotated[int, Field(ge=1)]] = {}
    """Generated requests of single operations."""


class SetupRequest(Table):
    """A request made before, so that there is something to ask for: a good request of its operation."""

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$", title="small letters, digits and hyphens, a letter first")]
    operation: Operation
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    body: Any = None
    media_type: str = "application/json"

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        return _unfilled(self.operation, self.path)


class Exclusion(Table):
    """What is not checked, and why. Without `check` the whole operation, without `operation` the check everywhere.

    The check ``stateful`` keeps an operation out of chains.
    """

    operation: Operation = ""
    check: Annotated[str, one_of("the id of a check", key=CHECKS)] = ""
    field: str = ""
    """Of a body, such as ``body.lines[*].quantity``: ``not-read-back`` passes it over."""
    reason: Text

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        if not (self.operation or self.check):
            yield (), "expected an operation, a check, or both, got neither."
        places = context.get(OPERATIONS, {}).get(self.operation, ())
        if self.field and (self.check != "not-read-back" or self.field not in places):
            yield ("field",), sentence("a body field of its operation, beside check 'not-read-back'", self.field, places)


class Audit(Table):
    """Where the entries are read that a write leaves in the audit trail."""

    operation: Operation = ""
    """Operation that returns a document's entries; empty reads them through the port ``audit_trail``."""
    query: Mapping[str, str] = {}
    """Its query; ``{document}`` is the document."""
    entries: Pointer = ""
    """JSON pointer to the list in its answer."""
    document: Annotated[Mapping[Beginning, Expression], Field(min_length=1, title="at least one document")]
    """Operation, or beginning of a path, to the expression that gives the document that was written."""


class Items(Table):
    """Which items of the ERP are touched: the rules are checked over their ledger afterwards."""

    known: tuple[str, ...] = ()
    """Codes, mostly placeholders."""
    found: Mapping[Operation, Expression] = {}
    """Operation to an expression, for items that requests make up."""


class Paging(Table):
    """How an operation gives a long list in pages."""

    operation: Operation
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    """What else is asked, so that there is something to see."""
    limit: str = "limit"
    """Query parameter: maximum number of entries per page."""
    offset: str = ""
    """Query parameter: how many entries to pass over; or else `cursor`."""
    cursor: str = ""
    """Query parameter: where to go on, as `next` of the page before says."""
    next: Expression = ""
    """Expression for the cursor in an answer, such as ``$response.body#/next``; nothing or null there ends the list."""
    entries: Pointer = ""
    """JSON pointer to the list in an answer."""

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        yield from _unfilled(self.operation, self.path)
        places = context.get(OPERATIONS, {}).get(self.operation)
        known = [place.removeprefix("query.") for place in places or () if place.startswith("query.")]
        for key, name in (("limit", self.limit), ("offset", self.offset), ("cursor", self.cursor)):
            if places is not None and name and name not in known:
                yield (key,), sentence("a query parameter of its operation", name, known)
        if bool(self.offset) == bool(self.cursor and self.next):
            yield (), f"expected either offset, or cursor and next, got {'both' if self.offset else 'neither'}."


class Forbidden(Table):
    """What somebody who is let in must not do."""

    role: Role | None = None
    """Who signs in as [auth] says; or else `token_env`."""
    token_env: Variable = ""
    """Environment variable with a token of theirs."""
    operations: Annotated[tuple[Operation, ...], Field(min_length=1, title="at least one operation")]

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        if bool(self.role) == bool(self.token_env):
            yield (), f"expected either role or token_env, got {'both' if self.role else 'neither'}."

    @property
    def who(self) -> str:
        """Return whom it is about."""
        return self.role or self.token_env


class Settings(Table):
    """What stands beside a contract."""

    system: str = ""
    """``erp``, or the name of a partner."""
    base_url: Url = ""
    adapter: str = ""
    auth: Auth | None = None
    """A partner's own token needs no mention."""
    idempotency_header: str = "Idempotency-Key"
    """Header that tells a request sent again from a new one."""
    phases: tuple[Phase, ...] = ("examples", "coverage", "fuzzing", "stateful")
    budget: Budget = Budget()
    setup: tuple[SetupRequest, ...] = ()
    values: Mapping[str, Choices | Mapping[str, Choices]] = {}
    """Place (``path.number``, ``body.lines[*].item``) to the values that are tried there; below an operation or a beginning of paths, for
    those only."""
    exclude: tuple[Exclusion, ...] = ()
    audit: Audit | None = None
    items: Items = Items()
    paging: tuple[Paging, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()

    def excluded(self, operation: str) -> str | None:
        """Return why an operation is not checked, None where it is."""
        return next((one.reason for one in self.exclude if not one.check and one.operation == operation), None)

    def excluded_checks(self, operation: str) -> frozenset[str]:
        """Return the checks an operation is spared."""
        return frozenset(one.check for one in self.exclude if one.check and not one.field and one.operation in ("", operation))

    def excluded_fields(self, operation: str) -> frozenset[str]:
        """Return the fields of an operation's body that need not read as they were sent."""
        return frozenset(one.field for one in self.exclude if one.field and one.operation == operation)

    def values_of(self, operation: str) -> Mapping[str, tuple[Value, ...]]:
        """Return place to values for an operation; what is said of it alone goes before what is said of more."""
        found: dict[str, tuple[Value, ...]] = {}
        for _, where, values in sorted(self._values(), key=lambda one: (not one[1].startswith("/"), len(one[1]))):
            if covers(where, operation):
                found |= values
        return found

    def _values(self) -> Iterator[tuple[Place, str, Mapping[str, Choices]]]:
        """Yield values with where they are said, and the operation or the beginning of a path they are for."""
        yield (), "/", {place: choices for place, choices in self.values.items() if isinstance(choices, tuple)}
        yield from (((where,), where, choices) for where, choices in self.values.items() if isinstance(choices, Mapping))

    def audited(self, operation: str) -> str | None:
        """Return the expression for the document under which the audit trail keeps a write of an operation, None where it is not said."""
        fitting = [where for where in self.audit.document if covers(where, operation)] if self.audit else []
        return self.audit.document[max(fitting, key=len)] if self.audit and fitting else None

    def needs_setup(self, operation: str, places: Collection[str]) -> bool:
        """Say whether values of an operation, which go to some places, come from requests made before."""
        values = (choices for place, choices in self.values_of(operation).items() if place in places)
        return any("#" in text for text in placeholders(list(values)))

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        if bool(self.system) == bool(self.base_url):
            yield ("system",), f"expected either system or base_url, got {'both' if self.system else 'neither'}."
        if OPERATIONS in context:
            yield from self._wrong_values(context[OPERATIONS])
            yield from self._wrong_forbidden(context[OPERATIONS])
        yield from self._wrong_placeholders()

    def _wrong_values(self, operations: Mapping[str, Collection[str]]) -> Iterator[Mistake]:
        for said, where, values in self._values():
            fitting = [operation for operation in operations if covers(where, operation)]
            places = {place for operation in fitting for place in operations[operation]}
            if not fitting:
                yield ("values", *said), _no_beginning(where, operations)
            for place in values:
                if places and place not in places:
                    yield ("values", *said, place), sentence("a parameter or body field of its operations", place, places)

    def _wrong_forbidden(self, operations: Mapping[str, Collection[str]]) -> Iterator[Mistake]:
        prepared = {one.operation for one in self.setup}
        for index, one in enumerate(self.forbidden):
            if one.role and not (self.auth and self.auth.operation):
                what = "expected auth.operation, by which a role signs in, got none. Next: token_env instead of role"
                yield ("forbidden", index, "role"), what
            for number, operation in enumerate(one.operations):
                path = {place for place in operations[operation] if place.startswith("path.")}
                body = any(place.startswith("body") for place in operations[operation])
                if operation not in prepared and (body or path - self.values_of(operation).keys()):
                    what = sentence("one that has a setup request, or no body and values for its path", operation)
                    yield ("forbidden", index, "operations", number), what

    def _wrong_placeholders(self) -> Iterator[Mistake]:
        earlier: list[str] = []
        for index, setup in enumerate(self.setup):
            if setup.name in earlier:
                yield ("setup", index, "name"), f"expected a name of its own, got '{setup.name}' a second time."
            for part in ("path", "query", "headers", "body"):
                yield from _meaningless(("setup", index, part), getattr(setup, part), earlier)
            earlier.append(setup.name)
        for said, _, values in self._values():
            for place, choices in values.items():
                yield from _meaningless(("values", *said, place), choices, earlier)
        yield from _meaningless(("items", "known"), self.items.known, earlier)
        for index, paging in enumerate(self.paging):
            yield from _meaningless(("paging", index, "path"), paging.path, earlier)
            yield from _meaningless(("paging", index, "query"), paging.query, earlier)


def covers(where: str, operation: str) -> bool:
    """Say whether an operation, such as ``POST /orders``, is the one named, or below the beginning of a path."""
    path = operation.partition(" ")[2]
    return where == operation or (where.startswith("/") and (path == where or path.startswith(where.rstrip("/") + "/")))


def _no_beginning(where: str, operations: Iterable[str]) -> str:
    choices = {*operations, *(operation.partition(" ")[2] for operation in operations)}
    return sentence("an operation or the beginning of a path", where, choices)


def _unfilled(operation: str, path: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in placeholders(operation):
        if name not in path:
            yield ("path",), f"expected a value for {{{name}}} of {operation}, got none."


_KNOWN_PLACEHOLDER = re.compile(r"code:[a-z]+(?::[\w-]+)?|today(?:[+-]\d+)?|now")


def _meaningless(where: Place, template: Any, setup: Collection[str]) -> Iterator[Mistake]:
    """Yield the placeholders that stand for nothing."""
    for text in placeholders(template):
        meant, _ = width(text)
        name, hash_, _ = meant.partition("#")
        if not (name.removesuffix(".request") in setup if hash_ else _KNOWN_PLACEHOLDER.fullmatch(meant)):
            answers = [f"{one}{part}#/…" for one in setup for part in ("", ".request")]
            choices = [*answers, "code:KIND", "code:KIND:ALIAS", "today", "today+DAYS", "now"]
            what = "expected an earlier setup request with a JSON pointer, or something the kit makes"
            yield where, f"{what}, got '{{{text}}}'. {closest(text, choices)}"


def load_settings(contract: Path, operations: Mapping[str, Collection[str]], known_checks: Collection[str]) -> Settings:
    """Read the settings beside a contract.

    Args:
        contract: the contract's file.
        operations: operation to the places of its values (``path.number``).
        known_checks: ids of all checks.

    Raises:
        UsageError: there are none, or they have mistakes; its text names all of them.
    """
    file = contract.with_suffix(".toml")
    if not file.is_file():
        raise UsageError(
            f"Failed to read contract {contract}: expected its settings in {file.name} beside it, got no such file. "
            f'Next: write {file} with at least system = "erp", the name of a partner, or base_url = "https://…"'
        )
    return read(Settings, file, "settings", context={OPERATIONS: operations, CHECKS: known_checks})
