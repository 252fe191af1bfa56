"""What can be broken, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from erp_testkit.contracts.openapi.client import Sent
from erp_testkit.contracts.secrecy import without_secrets
from erp_testkit.domain.findings import Family, Finding, Kind, Severity, register

_LONGEST_DETAIL = 600


class _Told(NamedTuple):
    """One way in which an operation does not keep its contract."""

    function: str
    """Name of the check's function; empty for what the kit looks at by requests of its own."""
    severity: Severity
    title: str
    title_zh: str
    expected: str
    help: str = ""


_B, _C, _N, _M = Severity.BLOCKER, Severity.CRITICAL, Severity.NORMAL, Severity.MINOR
_TOLD: Mapping[str, _Told] = {
    # schemathesis' own
    "server-error": _Told(
        "not_a_server_error",
        _C,
        "The system breaks on a request",
        "系统在处理请求时出错",
        "an answer below status 500",
        "Status 5xx, whatever the request.",
    ),
    "undocumented-status": _Told(
        "status_code_conformance",
        _N,
        "An answer's status is not in the contract",
        "响应状态码未在契约中声明",
        "a status the contract names",
    ),
    "undocumented-content-type": _Told(
        "content_type_conformance",
        _N,
        "An answer's media type is not in the contract",
        "响应媒体类型未在契约中声明",
        "a media type the contract names",
    ),
    "response-header": _Told(
        "response_headers_conformance",
        _N,
        "An answer's headers do not keep the contract",
        "响应头不符合契约",
        "the headers of the contract",
    ),
    "response-schema": _Told(
        "response_schema_conformance", _C, "An answer does not keep its schema", "响应不符合其 schema", "an answer as its schema says"
    ),
    "good-input-refused": _Told(
        "positive_data_acceptance",
        _N,
        "A request that keeps its schema is not understood",
        "符合 schema 的请求未被理解",
        "it to be understood",
        "401, 403, 404, 409, 412 and 422 are lawful: a rule of the trade may forbid it.",
    ),
    "bad-input-accepted": _Told(
        "negative_data_rejection", _C, "A request that breaks its schema is accepted", "不符合 schema 的请求被接受", "a refusal (4xx)"
    ),
    "missing-header-accepted": _Told(
        "missing_required_header", _N, "A request without a required header is accepted", "缺少必需请求头的请求被接受", "a refusal (4xx)"
    ),
    "undeclared-method": _Told(
        "unsupported_method",
        _M,
        "A method the contract does not have is not refused",
        "契约未声明的方法未被拒绝",
        "status 405 with Allow (RFC 9110)",
        "It is not answered with 405.",
    ),
    "allow-header": _Told(
        "allow_header_conformance",
        _M,
        "Allow names other methods than the contract",
        "Allow 响应头与契约中的方法不一致",
        "the same methods",
    ),
    "auth-ignored": _Told(
        "ignored_auth",
        _B,
        "A request is let in without what the contract asks for",
        "未满足认证要求的请求被放行",
        "status 401",
        "Without a token, or with a made-up one.",
    ),
    "deleted-still-there": _Told(
        "use_after_free",
        _C,
        "What was deleted can still be read",
        "已删除的内容仍可读取",
        "status 404",
        "Seen where a link of the contract leads from deleting to reading.",
    ),
    "created-not-there": _Told(
        "ensure_resource_availability",
        _C,
        "What was created cannot be read",
        "已创建的内容无法读取",
        "it to be there under its link",
        "Seen where a link of the contract leads from creating to reading.",
    ),
    # the kit's
    "leak": _Told(
        "leak",
        _C,
        "An answer shows what must stay inside",
        "响应泄露内部信息",
        "no stack trace, SQL, path or secret",
        "A stack trace, SQL, a path on the server, or a password or token of the run (one below six characters only as a whole word).",
    ),
    "idempotency-replay": _Told(
        "idempotency_replay",
        _C,
        "A request sent again has another effect or answer",
        "重复的请求产生了不同的效果或响应",
        "the first answer and one effect",
        "Under the same key there is another answer, or there are more audit entries.",
    ),
    "audit-entry-missing": _Told(
        "audit_entry_missing", _C, "A write leaves no entry in the audit trail", "写操作未留下审计记录", "an entry of its own"
    ),
    "not-read-back": _Told(
        "not_read_back",
        _C,
        "What was created reads otherwise",
        "读回的内容与创建时不同",
        "what was sent",
        "Under its link. Numbers count by their value, texts by every character: `0012` is not `12`, but `5` may read `5.00`.",
    ),
    "idempotency-key-reuse": _Told(
        "", _C, "A key that was used for another request is accepted", "用于其他请求的幂等键被接受", "a refusal (409 or 422)"
    ),
    "lock-ignored": _Told(
        "",
        _C,
        "A change based on an old version is accepted",
        "基于旧版本的修改被接受",
        "a refusal (412 or 409), no change",
        "With an old `If-Match` it is accepted, or changes something.",
    ),
    "lock-refused": _Told("", _N, "A change based on the present version is refused", "基于当前版本的修改被拒绝", "it to be accepted"),
    "forbidden-allowed": _Told(
        "",
        _B,
        "Somebody does what is forbidden to them",
        "无权限的操作被执行",
        "a refusal (401, 403 or 404)",
        "It is done, or refused for another reason before their rights are looked at.",
    ),
    "paging-incomplete": _Told(
        "",
        _C,
        "Pages together are not the whole list",
        "各分页合起来不是完整列表",
        "every entry of the list",
        "Or a page is refused, or is no list.",
    ),
    "page-too-large": _Told(
        "", _N, "A page has more entries than were asked for", "分页条目多于请求数量", "as many entries as asked for at most"
    ),
    "paging-unstable": _Told(
        "", _N, "Pages repeat entries or change their order", "分页重复条目或改变顺序", "the list's order, each entry once"
    ),
    "preparation-refused": _Told(
        "", _C, "A request that should be fine is refused", "应当有效的请求被拒绝", "it to be accepted", "A good request of the settings."
    ),
}

CHECKS = register(
    *(
        Kind(
            id=id_,
            family=Family.CONTRACT,
            title=told.title,
            title_zh=told.title_zh,
            severity=told.severity,
            page="docs/contracts.md#findings",
            help=told.help,
        )
        for id_, told in _TOLD.items()
    )
)
"""Kinds by id."""

FUNCTIONS: Mapping[str, str] = MappingProxyType({id_: told.function for id_, told in _TOLD.items() if told.function})
"""Id of a finding to the name of the check's function that finds it; what the kit looks at by requests of its own has none."""

_BY_FUNCTION = {function: id_ for id_, function in FUNCTIONS.items()}


def id_of(function: str) -> str:
    """Return the id of what a check's function finds."""
    return _BY_FUNCTION.get(function, function)


def finding(id_: str, sent: Sent, detail: str, secrets: Mapping[str, str], *, place: str = "", before: Sequence[Sent] = ()) -> Finding:
    """Tell what is wrong with an answer.

    Args:
        id_: one of `CHECKS`, or the name of somebody else's check.
        sent: the request and its answer.
        detail: what is wrong with it.
        secrets: secret to the variable that stands for it.
        place: where in the check.
        before: requests that must go before.
    """
    kind = CHECKS.get(id_) or _of_somebody_else(id_)
    expected = _TOLD[id_].expected if id_ in _TOLD else f"what check {id_} asks for"
    # Before it is cut: half a secret is not found any more.
    detail = without_secrets(detail, secrets)
    short = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]} …"
    lines = [
        f"Failed to keep {sent.operation} ({id_}): expected {expected}, got {short.strip()}",
        *(f"  before: {one.curl(secrets)}" for one in before),
        f"  request: {sent.curl(secrets)}",
        f"  answer: {sent.shown(secrets)}",
    ]
    return kind.found("\n".join(lines), place=place)


def _of_somebody_else(id_: str) -> Kind:
    title = f"Check {id_} failed"
    return Kind(id=id_, family=Family.CONTRACT, title=title, title_zh=f"检查 {id_} 未通过", severity=Severity.NORMAL)


def distinct(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Keep one finding of each kind and place: the one that takes the fewest words to repeat."""
    kept: dict[tuple[str, str], Finding] = {}
    for one in found:
        key = one.id, one.place
        if key not in kept or len(one.message) < len(kept[key].message):
            kept[key] = one
    return tuple(kept[key] for key in sorted(kept))
