"""Ways in which a mapping is not kept, or does not fit together."""

from __future__ import annotations

from erp_testkit.domain.findings import Family, Kind, Severity, register

_BLOCKER, _CRITICAL, _NORMAL = Severity.BLOCKER, Severity.CRITICAL, Severity.NORMAL


def _kind(id_: str, severity: Severity, title: str, title_zh: str, help_: str = "") -> Kind:
    page = "docs/mappings.md#findings"
    return Kind(id=id_, family=Family.CONTRACT, title=title, title_zh=title_zh, severity=severity, page=page, help=help_)


# Severities are those of fields that are no identifiers and never said to be spared: of the others they are higher.
MAPPING = register(
    # What arrives.
    _kind("field-shift", _CRITICAL, "Fields are shifted", "字段错位",
          "A run of fields holds what belongs to its neighbours, or stands some characters too far."),
    _kind("field-swap", _CRITICAL, "Two fields are swapped", "两个字段互换"),
    _kind("field-overwrite", _CRITICAL, "A field is overwritten by another", "字段被另一字段的值覆盖",
          "It holds, or also holds, the value of another."),
    _kind("field-truncated", _NORMAL, "A field is cut", "字段被截断"),
    _kind("field-lost", _NORMAL, "A field is lost", "字段丢失"),
    _kind("field-defaulted", _NORMAL, "A field holds a value nobody sent", "字段的值并非所发送"),
    _kind("field-retyped", _NORMAL, "A field is re-typed", "字段类型被改变",
          "Leading zeros, scientific notation, the order of day and month, the time zone or the time of day are lost."),
    _kind("field-case-changed", _NORMAL, "Upper and lower case of a field change", "字段大小写被改变"),
    _kind("field-garbled", _CRITICAL, "A field is garbled", "字段乱码", "Encoding, escaping or separators are wrong."),
    _kind("line-lost", _BLOCKER, "Lines are lost", "行丢失"),
    _kind("line-added", _BLOCKER, "There are lines nobody sent", "出现未发送的行"),
    _kind("value-refused", _NORMAL, "A value the contract allows is refused", "契约允许的值被拒绝"),
    _kind("system-broke", _CRITICAL, "A value the contract allows breaks the system", "契约允许的值导致系统出错",
          "The request stands with it as a line for a shell, $TOKEN in place of the token."),
    _kind("message-lost", _BLOCKER, "A document does not arrive", "单据未送达", "Nothing readable came out."),
    _kind("message-refused", _CRITICAL, "The partner refuses the message", "合作方拒收消息"),
    # What the mapping table says.
    _kind("field-doubled", _CRITICAL, "The mapping table feeds a field twice", "映射表对同一字段赋值两次"),
    _kind("field-added", _NORMAL, "A field is fed that the contract does not know", "映射表中有契约未定义的字段"),
    _kind("field-widened", _CRITICAL, "A column is too wide", "列宽过大"),
    _kind("table-missing", _CRITICAL, "There is no mapping table", "缺少映射表"),
    # What the contract itself says.
    _kind("field-not-fed", _CRITICAL, "A required field is not fed", "必填字段没有来源"),
    _kind("field-fed-twice", _NORMAL, "A field is fed twice", "同一字段有两个来源"),
    _kind("source-feeds-two", _NORMAL, "A source feeds two fields", "同一来源赋值给两个字段"),
    _kind("type-mismatch", _NORMAL, "The type does not fit a side", "类型与一侧不符"),
    _kind("length-mismatch", _NORMAL, "The length does not fit a side", "长度与一侧不符"),
    _kind("unit-mismatch", _NORMAL, "The unit does not fit a side", "单位与一侧不符"),
    _kind("codes-mismatch", _NORMAL, "The code list does not fit a side", "代码表与一侧不符"),
    _kind("required-mismatch", _NORMAL, "A field that must have a value may stay empty", "必填字段可能为空"),
    _kind("identifier-unsafe", _NORMAL, "An identifier may be cut or re-typed", "标识符可能被截断或改变类型"),
    _kind("example-mismatch", _NORMAL, "An example does not fit its field", "示例与字段不符"),
)  # fmt: skip
"""Kinds by id."""
