"""The settings of an OpenAPI contract: ``NAME.toml`` beside ``NAME.yaml``. The format is described in ``docs/contracts.md``."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from erp_testkit.contracts.kinds import read_text
from erp_testkit.contracts.openapi.expressions import is_expression, placeholders, width
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest

Phase = Literal["examples", "coverage", "fuzzing", "stateful"]


def _shaped(pattern: str, words: str) -> AfterValidator:
    """Return what checks a text and says in words what it is to look like."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("shape", "expected {words}", {"words": words})
        return text

    return AfterValidator(check)


Pointer = Annotated[str, _shaped(r"(/.*)?", "a JSON pointer such as '/orders', empty for the whole answer")]


class _Table(BaseModel):
    """A table of the file, all of whose keys are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Auth(_Table):
    """How requests are let in. Without `operation`, the token is the partner's own, or that of `token_env`."""

    operation: str = ""
    """Operation that gives the token, such as ``POST /token``."""
    role: Role = Role.MANAGER
    """Whose name and password ``{user:name}`` and ``{user:password}`` in `body` are."""
    body: Mapping[str, Any] = {}
    token: str = ""
    """JSON pointer to the token in the answer."""
    token_env: str = ""
    """Environment variable with a token that does not change."""
    header: str = "Authorization"
    value: str = "Bearer {token}"


class Budget(_Table):
    """How much is tried."""

    fuzzing: int = Field(default=10, ge=1)
    """Generated requests an operation."""
    scenarios: int = Field(default=10, ge=1)
    """Chains of requests."""
    steps: int = Field(default=6, ge=2)
    """Most requests in a chain."""
    operations: Mapping[str, Annotated[int, Field(ge=1)]] = {}
    """Generated requests of single operations."""


class Seed(_Table):
    """A request made before, so that there is something to ask for: a good request of its operation."""

    name: Annotated[str, _shaped(r"[a-z][a-z0-9-]*", "small letters, digits and hyphens, a letter first")]
    operation: str
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    body: Any = None
    media_type: str = "application/json"


class LeaveOut(_Table):
    """What is not checked, and why. Without `check` the whole operation, without `operation` the check everywhere.

    The check ``stateful`` keeps an operation out of chains.
    """

    operation: str = ""
    check: str = ""
    field: str = ""
    """Of a body, such as ``body.lines[*].quantity``: ``not-read-back`` passes it over."""
    reason: str = Field(min_length=1)


class Audit(_Table):
    """Where the entries are read that a write leaves in the audit trail."""

    operation: str = ""
    """Operation that returns a document's entries; empty reads them through the port ``audit_trail``."""
    query: Mapping[str, str] = {}
    """Its query; ``{document}`` is the document."""
    entries: Pointer = ""
    """JSON pointer to the list in its answer."""
    document: Mapping[str, str] = Field(min_length=1)
    """Operation, or beginning of a path, to the expression that gives the document that was written."""


class Items(_Table):
    """Which items of the ERP are touched: the rules are checked over their ledger afterwards."""

    known: tuple[str, ...] = ()
    """Codes, mostly placeholders."""
    found: Mapping[str, str] = {}
    """Operation to an expression, for items that requests make up."""


class Paging(_Table):
    """How an operation gives a long list in pages."""

    operation: str
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    """What else is asked, so that there is something to see."""
    limit: str = "limit"
    """Query parameter: most entries of a page."""
    offset: str = ""
    """Query parameter: how many entries to pass over; or else `cursor`."""
    cursor: str = ""
    """Query parameter: where to go on, as `next` of the page before says."""
    next: str = ""
    """Expression for the cursor in an answer, such as ``$response.body#/next``; nothing or null there ends the list."""
    entries: Pointer = ""
    """JSON pointer to the list in an answer."""


class Forbidden(_Table):
    """What somebody who is let in must not do."""

    role: Role | None = None
    """Who signs in as [auth] says; or else `token_env`."""
    token_env: str = ""
    """Environment variable with a token of theirs."""
    operations: tuple[str, ...] = Field(min_length=1)

    @property
    def who(self) -> str:
        """Return whom it is about."""
        return self.role or self.token_env


def _by_place(value: Any) -> Any:
    """Put values for every operation under the empty beginning of a path."""
    if not isinstance(value, dict):
        return value
    general = {place: values for place, values in value.items() if not isinstance(values, dict)}
    return {"/": general, **{where: values for where, values in value.items() if isinstance(values, dict)}}


Value = str | int | float
Values = Annotated[Mapping[str, Mapping[str, tuple[Value, ...]]], BeforeValidator(_by_place)]


class Settings(_Table):
    """What stands beside a contract."""

    system: str = ""
    """``erp``, or the name of a partner."""
    base_url: Annotated[str, _shaped(r"(https?://[^/\s]+.*)?", "an address such as https://erp.example")] = ""
    adapter: str = ""
    auth: Auth | None = None
    """A partner's own token needs no mention."""
    idempotency_header: str = "Idempotency-Key"
    """Header that tells a request sent again from a new one."""
    phases: tuple[Phase, ...] = ("examples", "coverage", "fuzzing", "stateful")
    budget: Budget = Budget()
    seeds: tuple[Seed, ...] = ()
    values: Values = {}
    """Operation, or beginning of a path, to place (``path.number``, ``body.lines[*].item``) to the values that are tried there."""
    leave_out: tuple[LeaveOut, ...] = ()
    audit: Audit | None = None
    items: Items = Items()
    paging: tuple[Paging, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()

    def left_out(self, operation: str) -> str | None:
        """Return why an operation is not checked, None where it is."""
        return next((one.reason for one in self.leave_out if not one.check and one.operation == operation), None)

    def checks_left_out(self, operation: str) -> frozenset[str]:
        """Return the checks an operation is spared."""
        return frozenset(one.check for one in self.leave_out if one.check and not one.field and one.operation in ("", operation))

    def fields_left_out(self, operation: str) -> frozenset[str]:
        """Return the fields of an operation's body that need not read as they were sent."""
        return frozenset(one.field for one in self.leave_out if one.field and one.operation == operation)

    def values_of(self, operation: str) -> Mapping[str, tuple[Value, ...]]:
        """Return place to values for an operation; what is said of it alone goes before what is said of more."""
        found: dict[str, tuple[Value, ...]] = {}
        for where in sorted(self.values, key=lambda where: (not where.startswith("/"), len(where))):
            if covers(where, operation):
                found |= self.values[where]
        return found

    def audited(self, operation: str) -> str | None:
        """Return the expression for the document under which the audit trail keeps a write of an operation, None where it is not said."""
        fitting = [where for where in self.audit.document if covers(where, operation)] if self.audit else []
        return self.audit.document[max(fitting, key=len)] if self.audit and fitting else None

    def needs_seeds(self, operation: str, places: Collection[str]) -> bool:
        """Say whether values of an operation, which go to some places, come from requests made before."""
        values = (choices for place, choices in self.values_of(operation).items() if place in places)
        return any("#" in text for text in placeholders(list(values)))


def covers(where: str, operation: str) -> bool:
    """Say whether an operation, such as ``POST /orders``, is the one named, or below the beginning of a path."""
    path = operation.partition(" ")[2]
    return where == operation or (where.startswith("/") and (path == where or path.startswith(where.rstrip("/") + "/")))


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
    try:
        data = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Failed to read {file}: expected TOML, got {error}.") from error
    try:
        settings = Settings.model_validate(data)
        problems = list(_problems(settings, operations, known_checks))
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors()]
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"Failed to read {file}: expected no mistakes, got {len(problems)}:\n{listed}")
    return settings


_TABLES: Mapping[str, type[BaseModel]] = {
    "auth": Auth,
    "budget": Budget,
    "seeds": Seed,
    "leave_out": LeaveOut,
    "audit": Audit,
    "items": Items,
    "paging": Paging,
    "forbidden": Forbidden,
}


def _problem(error: Any) -> str:
    """Put a mistake of the file's form into the kit's words."""
    place = error["loc"]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    if error["type"] == "extra_forbidden":
        table = _TABLES[str(place[0])] if len(place) > 1 else Settings
        return f"{key}: expected a key the kit knows, got '{place[-1]}'. {closest(str(place[-1]), table.model_fields)}"
    if error["type"] == "missing":
        return f"{key}: expected a value, got none."
    return f"{key}: {error['msg'].replace('Input should be', 'expected', 1)}, got {error['input']!r}."


def _problems(settings: Settings, operations: Mapping[str, Collection[str]], known_checks: Collection[str]) -> Iterator[str]:
    """Name what does not fit together, or to the contract."""
    if bool(settings.system) == bool(settings.base_url):
        yield "system: expected either system or base_url, got " + ("both." if settings.system else "neither.")
    if settings.auth and settings.auth.operation and not settings.auth.token.startswith("/"):
        yield f"auth.token: expected a JSON pointer into the answer, such as '/token', got '{settings.auth.token}'."
    tokens = {"auth.token_env": settings.auth.token_env if settings.auth else ""}
    tokens |= {f"forbidden[{index}].token_env": one.token_env for index, one in enumerate(settings.forbidden)}
    for key, name in tokens.items():
        if name and name not in os.environ:
            yield f"{key}: expected an environment variable that is set, got '{name}'. Next: export {name}=…"
    for key, operation in _named_operations(settings):
        if operation not in operations:
            yield f"{key}: expected an operation of the contract, got '{operation}'. {closest(operation, operations)}"
    for key, where in _named_places(settings):
        if not any(covers(where, operation) for operation in operations):
            yield f"{key}: expected an operation or the beginning of a path, got '{where}'. {closest(where, _paths(operations))}"
    yield from _wrong_values(settings, operations)
    yield from _wrong_texts(settings)
    yield from _wrong_leave_out(settings, operations, known_checks)
    yield from _wrong_forbidden(settings, operations)
    yield from _wrong_paths(settings)
    for index, paging in enumerate(settings.paging):
        places = operations.get(paging.operation, ())
        for key, name in (("limit", paging.limit), ("offset", paging.offset), ("cursor", paging.cursor)):
            if name and places and f"query.{name}" not in places:
                known = [place.removeprefix("query.") for place in places if place.startswith("query.")]
                yield f"paging[{index}].{key}: expected a query parameter of its operation, got '{name}'. {closest(name, known)}"
        if bool(paging.offset) == bool(paging.cursor and paging.next):
            yield f"paging[{index}]: expected either offset, or cursor and next, got {'both' if paging.offset else 'neither'}."


def _wrong_leave_out(settings: Settings, operations: Mapping[str, Collection[str]], known_checks: Collection[str]) -> Iterator[str]:
    for index, one in enumerate(settings.leave_out):
        if one.check and one.check not in known_checks:
            yield f"leave_out[{index}].check: expected the id of a check, got '{one.check}'. {closest(one.check, known_checks)}"
        if not (one.operation or one.check):
            yield f"leave_out[{index}]: expected an operation, a check, or both, got neither."
        places = operations.get(one.operation, ())
        if one.field and (one.check != "not-read-back" or one.field not in places):
            what = "a body field of its operation, beside check 'not-read-back'"
            yield f"leave_out[{index}].field: expected {what}, got '{one.field}'. {closest(one.field, places)}"


def _wrong_forbidden(settings: Settings, operations: Mapping[str, Collection[str]]) -> Iterator[str]:
    seeded = {seed.operation for seed in settings.seeds}
    for index, one in enumerate(settings.forbidden):
        if bool(one.role) == bool(one.token_env):
            yield f"forbidden[{index}]: expected either role or token_env, got {'both' if one.role else 'neither'}."
        if one.role and not (settings.auth and settings.auth.operation):
            yield f"forbidden[{index}].role: expected auth.operation, by which a role signs in, got none. Next: token_env instead of role"
        for operation in one.operations:
            places = operations.get(operation, ())
            path = {place for place in places if place.startswith("path.")}
            body = any(place.startswith("body") for place in places)
            if operation not in seeded and (body or path - settings.values_of(operation).keys()):
                what = "one that has a seed, or no body and values for its path"
                yield f"forbidden[{index}].operations: expected {what}, got '{operation}'."


def _wrong_paths(settings: Settings) -> Iterator[str]:
    paths = {f"seeds[{index}].path": (seed.operation, seed.path) for index, seed in enumerate(settings.seeds)}
    paths |= {f"paging[{index}].path": (paging.operation, paging.path) for index, paging in enumerate(settings.paging)}
    for key, (operation, path) in paths.items():
        for name in placeholders(operation):
            if name not in path:
                yield f"{key}: expected a value for {{{name}}} of {operation}, got none."


def _paths(operations: Collection[str]) -> list[str]:
    return sorted({operation.partition(" ")[2] for operation in operations} | set(operations))


def _named_operations(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.auth and settings.auth.operation:
        yield "auth.operation", settings.auth.operation
    if settings.audit and settings.audit.operation:
        yield "audit.operation", settings.audit.operation
    for index, seed in enumerate(settings.seeds):
        yield f"seeds[{index}].operation", seed.operation
    for index, one in enumerate(settings.leave_out):
        if one.operation:
            yield f"leave_out[{index}].operation", one.operation
    for index, paging in enumerate(settings.paging):
        yield f"paging[{index}].operation", paging.operation
    for index, forbidden in enumerate(settings.forbidden):
        yield from ((f"forbidden[{index}].operations", operation) for operation in forbidden.operations)
    for operation in settings.budget.operations:
        yield f"budget.operations.{operation}", operation
    for operation in settings.items.found:
        yield f"items.found.{operation}", operation


def _named_places(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from ((f"values.{where}", where) for where in settings.values)
    if settings.audit:
        yield from ((f"audit.document.{where}", where) for where in settings.audit.document)


def _wrong_values(settings: Settings, operations: Mapping[str, Collection[str]]) -> Iterator[str]:
    for where, values in settings.values.items():
        places = {place for operation in operations if covers(where, operation) for place in operations[operation]}
        for place, choices in values.items():
            key = f"values.{place}" if where == "/" else f"values.{where}.{place}"
            if places and place not in places:
                yield f"{key}: expected a parameter or body field of its operations, got '{place}'. {closest(place, places)}"
            if not choices:
                yield f"{key}: expected at least one value, got none."


_KNOWN_PLACEHOLDER = re.compile(r"code:[a-z]+(?::[\w-]+)?|today(?:[+-]\d+)?|now")


def _wrong_texts(settings: Settings) -> Iterator[str]:
    """Name placeholders that stand for nothing, and expressions that are none."""
    earlier: list[str] = []
    for index, seed in enumerate(settings.seeds):
        if seed.name in earlier:
            yield f"seeds[{index}].name: expected a name of its own, got '{seed.name}' a second time."
        for part in ("path", "query", "headers", "body"):
            yield from _wrong_placeholders(f"seeds[{index}].{part}", getattr(seed, part), earlier)
        earlier.append(seed.name)
    for where, values in settings.values.items():
        for place, choices in values.items():
            yield from _wrong_placeholders(f"values.{place}" if where == "/" else f"values.{where}.{place}", choices, earlier)
    yield from _wrong_placeholders("items.known", settings.items.known, earlier)
    for index, paging in enumerate(settings.paging):
        yield from _wrong_placeholders(f"paging[{index}]", (paging.path, paging.query), earlier)
    expressions = {f"items.found.{operation}": text for operation, text in settings.items.found.items()}
    if settings.audit:
        expressions |= {f"audit.document.{where}": text for where, text in settings.audit.document.items()}
    expressions |= {f"paging[{index}].next": paging.next for index, paging in enumerate(settings.paging) if paging.next}
    for key, text in expressions.items():
        if not is_expression(text):
            yield f"{key}: expected an expression such as '$response.body#/number' or '$request.path.number', got '{text}'."


def _wrong_placeholders(key: str, template: Any, seeds: Collection[str]) -> Iterator[str]:
    for text in placeholders(template):
        meant, _ = width(text)
        name, hash_, _ = meant.partition("#")
        if not (name.removesuffix(".request") in seeds if hash_ else _KNOWN_PLACEHOLDER.fullmatch(meant)):
            choices = [
                *(f"{seed}{part}#/…" for seed in seeds for part in ("", ".request")),
                "code:KIND",
                "code:KIND:ALIAS",
                "today",
                "today+DAYS",
                "now",
            ]
            what = "an earlier seed with a JSON pointer, or something the kit makes"
            yield f"{key}: expected {what}, got '{{{text}}}'. {closest(text, choices)}"
