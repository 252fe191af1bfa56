"""What can be broken, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from erp_testkit.contracts.check import Broken
from erp_testkit.contracts.openapi.client import Sent
from erp_testkit.contracts.secrecy import without_secrets
from erp_testkit.domain.findings import Severity

_LONGEST_DETAIL = 600


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which an operation does not keep its contract."""

    function: str
    """Name of the check's function; empty for what the kit looks at by requests of its own."""
    title: str
    severity: Severity
    expected: str


CHECKS: Mapping[str, Kind] = MappingProxyType(
    {
        # schemathesis' own
        "server-error": Kind("not_a_server_error", "The system breaks on a request", Severity.CRITICAL, "an answer below status 500"),
        "undocumented-status": Kind(
            "status_code_conformance", "An answer's status is not in the contract", Severity.NORMAL, "a status the contract names"
        ),
        "undocumented-content-type": Kind(
            "content_type_conformance", "An answer's media type is not in the contract", Severity.NORMAL, "a media type the contract names"
        ),
        "response-header": Kind(
            "response_headers_conformance", "An answer's headers do not keep the contract", Severity.NORMAL, "the headers of the contract"
        ),
        "response-schema": Kind(
            "response_schema_conformance", "An answer does not keep its schema", Severity.CRITICAL, "an answer as its schema says"
        ),
        "good-input-refused": Kind(
            "positive_data_acceptance", "A request that keeps its schema is not understood", Severity.NORMAL, "it to be understood"
        ),
        "bad-input-accepted": Kind(
            "negative_data_rejection", "A request that breaks its schema is accepted", Severity.CRITICAL, "a refusal (4xx)"
        ),
        "missing-header-accepted": Kind(
            "missing_required_header", "A request without a required header is accepted", Severity.NORMAL, "a refusal (4xx)"
        ),
        "undeclared-method": Kind(
            "unsupported_method", "A method the contract does not have is not refused", Severity.MINOR, "status 405 with Allow (RFC 9110)"
        ),
        "allow-header": Kind("allow_header_conformance", "Allow names other methods than the contract", Severity.MINOR, "the same methods"),
        "auth-ignored": Kind("ignored_auth", "A request is let in without what the contract asks for", Severity.BLOCKER, "status 401"),
        "deleted-still-there": Kind("use_after_free", "What was deleted can still be read", Severity.CRITICAL, "status 404"),
        "created-not-there": Kind(
            "ensure_resource_availability", "What was created cannot be read", Severity.CRITICAL, "it to be there under its link"
        ),
        # the kit's
        "leak": Kind("leak", "An answer shows what must stay inside", Severity.CRITICAL, "no stack trace, SQL, path or secret"),
        "idempotency-replay": Kind(
            "idempotency_replay", "A request sent again has another effect or answer", Severity.CRITICAL, "the first answer and one effect"
        ),
        "audit-entry-missing": Kind(
            "audit_entry_missing", "A write leaves no entry in the audit trail", Severity.CRITICAL, "an entry of its own"
        ),
        "not-read-back": Kind("not_read_back", "What was created reads otherwise", Severity.CRITICAL, "what was sent"),
        "idempotency-key-reuse": Kind(
            "", "A key that was used for another request is accepted", Severity.CRITICAL, "a refusal (409 or 422)"
        ),
        "lock-ignored": Kind("", "A change based on an old version is accepted", Severity.CRITICAL, "a refusal (412 or 409), no change"),
        "lock-refused": Kind("", "A change based on the present version is refused", Severity.NORMAL, "it to be accepted"),
        "forbidden-allowed": Kind("", "Somebody does what is forbidden to them", Severity.BLOCKER, "a refusal (401, 403 or 404)"),
        "paging-incomplete": Kind("", "Pages together are not the whole list", Severity.CRITICAL, "every entry of the list"),
        "page-too-large": Kind("", "A page has more entries than were asked for", Severity.NORMAL, "as many entries as asked for at most"),
        "paging-unstable": Kind("", "Pages repeat entries or change their order", Severity.NORMAL, "the list's order, each entry once"),
        "preparation-refused": Kind("", "A request that should be fine is refused", Severity.CRITICAL, "it to be accepted"),
    }
)
"""Id of a breach to its kind."""

_BY_FUNCTION: Mapping[str, str] = {kind.function: id_ for id_, kind in CHECKS.items() if kind.function}


def id_of(function: str) -> str:
    """Return the id of what a check's function finds."""
    return _BY_FUNCTION.get(function, function)


def broken(id_: str, sent: Sent, detail: str, secrets: Mapping[str, str], *, place: str = "", before: Sequence[Sent] = ()) -> Broken:
    """Tell a breach.

    Args:
        id_: one of `CHECKS`, or the name of somebody else's check.
        sent: the request and its answer.
        detail: what is wrong with it.
        secrets: secret to the variable that stands for it.
        place: where in the check, for its fingerprint.
        before: requests that must go before.
    """
    kind = CHECKS.get(id_, Kind(id_, f"Check {id_} failed", Severity.NORMAL, f"what check {id_} asks for"))
    # Before it is cut: half a secret is not found any more.
    detail = without_secrets(detail, secrets)
    short = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]} …"
    lines = [
        f"Failed to keep {sent.operation} ({id_}): expected {kind.expected}, got {short.strip()}",
        *(f"  before: {one.curl(secrets)}" for one in before),
        f"  request: {sent.curl(secrets)}",
        f"  answer: {sent.shown(secrets)}",
    ]
    return Broken(id=id_, title=kind.title, severity=kind.severity, message="\n".join(lines), place=place)


def distinct(found: Iterable[Broken]) -> tuple[Broken, ...]:
    """Keep one breach of each kind and place: the one that takes the fewest words to repeat."""
    kept: dict[tuple[str, str], Broken] = {}
    for one in found:
        key = one.id, one.place
        if key not in kept or len(one.message) < len(kept[key].message):
            kept[key] = one
    return tuple(kept[key] for key in sorted(kept))
