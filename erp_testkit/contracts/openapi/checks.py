"""The kit's own checks of an answer, registered with schemathesis; each says by its docstring what a contract owes beyond its schemas.

They only look at answers in runs of the kit: a project's own schemathesis tests in the same process are left alone.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

import schemathesis

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.openapi import compat
from erp_testkit.contracts.openapi.client import Client, Sent
from erp_testkit.contracts.openapi.description import Description, Operation
from erp_testkit.contracts.openapi.expressions import Call, filled, placeholders, values_at
from erp_testkit.contracts.openapi.settings import Settings
from erp_testkit.contracts.secrecy import holds, without_secrets
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.ports import AuditTrail, port

_LOOKS = 2
"""How often a check that sends requests looks at an operation."""

_INSIDE = re.compile(
    r"Traceback \(most recent call last\)|File \"[^\"]+\", line \d+|^\s+at [\w$.<>]+\([\w$]+\.\w+:\d+\)|"
    r"\bat [\w.<>`]+\([^)]*\) in [^\n]+:line \d+|System\.\w+Exception|java\.lang\.\w+|"
    r"\b(?:SELECT\s.+?\sFROM|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\s|SQLSTATE|ORA-\d{5}|psycopg|sqlalchemy|"
    r"syntax error at or near|(?<![\w:/.])/(?:usr|home|var|opt|etc|root|srv)/[\w.-]+|"
    r"\b[A-Z]:\\\\?(?:Users|Program Files|inetpub|Windows)\b",
    re.IGNORECASE | re.MULTILINE,
)


@schemathesis.check
def leak(_ctx: Any, response: Any, case: Any) -> None:
    """No answer shows a stack trace, SQL, a path on the server, or a secret of the run (OWASP API8:2023)."""
    _look("leak", response, case)


@schemathesis.check
def idempotency_replay(_ctx: Any, response: Any, case: Any) -> None:
    """A request sent again under its idempotency key has one effect and gets the same answer (IETF draft Idempotency-Key, 2.6)."""
    _look("idempotency_replay", response, case)


@schemathesis.check
def audit_entry_missing(_ctx: Any, response: Any, case: Any) -> None:
    """Every accepted write leaves an entry in the audit trail (21 CFR 11.10(e))."""
    _look("audit_entry_missing", response, case)


@schemathesis.check
def not_read_back(_ctx: Any, response: Any, case: Any) -> None:
    """What was created reads the same under its link."""
    _look("not_read_back", response, case)


OWN = frozenset({"leak", "idempotency_replay", "audit_entry_missing", "not_read_back"})
"""Names of the checks above."""


def _look(check: str, response: Any, case: Any) -> None:
    if problem := compat.judged(check, response, case):
        raise AssertionError(problem)


class Judgement:
    """Judges the answers of one run.

    Args:
        description: the contract.
        settings: beside it.
        client: sends what a check needs to ask.
        live: has the port of the audit trail.
    """

    def __init__(self, description: Description, settings: Settings, client: Client, live: Live) -> None:
        self._description, self._settings, self._client, self._live = description, settings, client, live
        self._looked: Counter[tuple[str, str]] = Counter()
        self._entries: dict[str, int] = {}
        """Audit entries of documents when they were last counted."""
        self._written: set[str] = set()
        """Documents whose first write was looked at."""
        self._created: list[dict[str, Any]] = []
        """What links of answers led to so far."""

    def __call__(self, check: str, sent: Sent) -> str | None:
        """Look at an answer; return what is wrong, None where nothing is."""
        if sent.method != sent.operation.partition(" ")[0]:
            return None
        if check == "leak":
            return self._leak(sent)
        if not sent.accepted or not self._description.operations[sent.operation].writes:
            return None
        if check == "audit_entry_missing":
            return self._audit(sent)
        return self._replay(sent) if check == "idempotency_replay" else self._read_back(sent)

    def count_entries(self, documents: set[str]) -> None:
        """Note how many audit entries documents have that were there before."""
        for document in documents:
            self._entries[document] = self._entries_of(document)

    def document_of(self, sent: Sent) -> str | None:
        """Return the document an accepted write is audited under."""
        expression = self._settings.audited(sent.operation)
        found = values_at(expression, sent.call) if expression else []
        return str(found[0]) if found else None

    def _may_look(self, check: str, sent: Sent) -> bool:
        self._looked[check, sent.operation] += 1
        return self._looked[check, sent.operation] <= _LOOKS

    def _leak(self, sent: Sent) -> str | None:
        asked = unquote(sent.url) + sent.body.decode("utf-8", errors="replace") + json.dumps(sent.call.body)
        for found in _INSIDE.finditer(sent.answer):
            # What only comes back as it was sent tells nothing.
            if found[0].strip() not in asked:
                return f"{without_secrets(found[0], self._client.secrets)[:120]!r}"
        gives_token = self._settings.auth is not None and sent.operation == self._settings.auth.operation
        # Listed at once: another thread may learn of a new one meanwhile.
        for secret, variable in list(self._client.secrets.items()):
            if holds(sent.answer, secret) and not holds(asked, secret) and not (gives_token and variable == "$TOKEN"):
                return f"the secret {variable}"
        return None

    def _replay(self, sent: Sent) -> str | None:
        if self._settings.idempotency_header.lower() not in sent.headers or not self._may_look("replay", sent):
            return None
        document = self.document_of(sent)
        before = self._entries_of(document) if document else 0
        again = self._client.again(sent)
        if again.status != sent.status or _content(again) != _content(sent):
            return f"{again.shown(self._client.secrets)} at the second time"
        more = self._entries_of(document) - before if document else 0
        return f"{more} more audit entries of {document}" if more else None

    def _audit(self, sent: Sent) -> str | None:
        document = self.document_of(sent)
        # A second write to one document may rightly change nothing.
        if document is None or document in self._written or not self._may_look("audit", sent):
            return None
        self._written.add(document)
        known = self._entries.get(document, 0)
        found = self._entries[document] = self._entries_of(document)
        return None if found > known else f"{found} entries of {document}, as before"

    def _entries_of(self, document: str) -> int:
        audit = self._settings.audit
        assert audit is not None
        if not audit.operation:
            return len(port(self._live.erp, AuditTrail).entries(document))
        query = {name: value.replace("{document}", document) for name, value in audit.query.items()}
        answered = self._client.send(audit.operation, query=query)
        found = values_at(f"$response.body#{audit.entries}", answered.call)
        if not answered.accepted or found == [None]:
            return 0
        if not found or not isinstance(found[0], list):
            raise UsageError(
                f"Failed to count audit entries: expected a list at '{audit.entries}' of the answer to {audit.operation}, "
                f"got {answered.shown(self._client.secrets)}. Next: see audit.entries in the settings beside the contract"
            )
        return len(found[0])

    def _read_back(self, sent: Sent) -> str | None:
        operation = self._description.operations[sent.operation]
        links = _links(operation, sent)
        new = [path for _, path in links if path not in self._created]
        self._created += new
        # What was there before may be another request's: a second sending of an order is answered with the first one's number.
        if not new or not isinstance(sent.call.body, Mapping) or not self._may_look("read back", sent):
            return None
        for target, path in links:
            read = self._client.send(target.label, path=path)
            if not read.accepted:
                return f"{read.shown(self._client.secrets)} from {target.label}"
            if isinstance(read.call.answer, Mapping) and (
                other := difference(sent.call.body, read.call.answer, self._settings.excluded_fields(sent.operation))
            ):
                return f"{other} from {target.label}"
        return None


def _links(operation: Operation, sent: Sent) -> list[tuple[Operation, dict[str, Any]]]:
    """Return where the links of an answer lead for reading, with the parameters of its path.

    One that says nothing but constants leads to the same whatever was created.
    """
    found = []
    description = operation.description
    described = next((operation.responses[key] for key in (str(sent.status), "2XX", "default") if key in operation.responses), {})
    for link in map(description.followed, described.get("links", {}).values()):
        target = description.by_id(link.get("operationId", ""))
        if target is None or target.method != "GET":
            continue
        parameters = {name.removeprefix("path."): value for name, value in link.get("parameters", {}).items()}
        path = {name: _linked(value, sent.call) for name, value in parameters.items()}
        constant = bool(path) and all(path[name] == [value] for name, value in parameters.items())
        if all(path.values()) and not constant and path.keys() == set(placeholders(target.path)):
            found.append((target, {name: values[0] for name, values in path.items()}))
    return found


def _linked(value: Any, call: Call) -> list[Any]:
    """Return what a link says for a parameter: a constant, an expression, or text with some in braces; none where one has nothing."""
    if not isinstance(value, str):
        return [value]
    if value.startswith("$"):
        return values_at(value, call)
    found = {text: values_at(text, call) for text in placeholders(value)}
    return [filled(value, lambda text: found[text][0])] if all(found.values()) else []


def _content(sent: Sent) -> Any:
    return sent.call.answer if sent.call.answer is not None else sent.answer


def difference(wanted: Any, found: Any, passed_over: Collection[str] = (), place: str = "body") -> str | None:
    """Say where what was read differs from what was sent, looking only at what both have; None where it does not.

    Numbers are compared as numbers, also where one side writes them as text. Two texts may be a code, for which every character counts, but
    for the decimals of an amount. What was sent as null says nothing.
    """
    if wanted is None or re.sub(r"\[\d+\]", "[*]", place) in passed_over:
        return None
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        parts = [(value, found[name], f"{place}.{name}") for name, value in wanted.items() if name in found]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        parts = [(*pair, f"{place}[{number}]") for number, pair in enumerate(zip(wanted, found, strict=True))]
    else:
        return None if _same(wanted, found) else f"{found!r} instead of {wanted!r} at {place}"
    return next((other for one, read, where in parts if (other := difference(one, read, passed_over, where))), None)


_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if wanted == found:
        return True
    if isinstance(wanted, str) and isinstance(found, str) and not ("." in wanted + found and all(map(_PLAIN.fullmatch, (wanted, found)))):
        return False
    number = _number(wanted)
    return number is not None and number == _number(found)


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
