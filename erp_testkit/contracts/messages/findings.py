"""Ways in which a partner's message, or the ERP's, goes wrong."""

from __future__ import annotations

from erp_testkit.domain.findings import Family, Kind, Severity, register


def _kind(id_: str, severity: Severity, title: str, title_zh: str, help_: str = "") -> Kind:
    page = "docs/messages.md#findings"
    return Kind(id=id_, family=Family.CONTRACT, title=title, title_zh=title_zh, severity=severity, page=page, help=help_)


_BLOCKER, _CRITICAL, _NORMAL, _MINOR = Severity.BLOCKER, Severity.CRITICAL, Severity.NORMAL, Severity.MINOR

MESSAGES = register(
    _kind("example-schema-violation", _MINOR, "An example does not fit its schema", "示例不符合其 schema"),
    _kind("message-schema-violation", _CRITICAL, "A message does not fit its schema", "消息不符合其 schema"),
    _kind("message-missing", _BLOCKER, "A message was never sent", "消息从未发出"),
    _kind("message-disordered", _CRITICAL, "Messages arrive in another order than they were written in", "消息到达顺序与写入顺序不一致"),
    _kind("signature-wrong", _CRITICAL, "A message is not signed as promised", "消息签名不符合约定",
          "The HMAC-SHA256 of its body."),
    _kind("wrong-message-number", _CRITICAL, "A message changes its number between attempts, or has none the ERP knows",
          "消息编号在重试之间改变，或 ERP 不认识该编号",
          "`X-Message-Id` of an attempt."),
    _kind("retry-changed", _CRITICAL, "A message changes between attempts", "消息内容在重试之间改变"),
    _kind("retry-missing", _CRITICAL, "A message is tried less often than promised", "重试次数少于约定"),
    _kind("retry-too-often", _NORMAL, "A message is tried more often than promised", "重试次数多于约定"),
    _kind("retry-too-fast", _NORMAL, "A message is tried again sooner than promised", "重试早于约定"),
    _kind("retry-too-slow", _NORMAL, "A message is tried again later than promised", "重试晚于约定"),
    _kind("duplicate-effect", _BLOCKER, "A message had its effect more than once", "消息重复生效",
          "What the message does at the partner is there twice."),
    _kind("effect-missing", _BLOCKER, "A message that counts as sent had no effect", "已视为发出的消息没有生效",
          "What the message does at the partner is not there."),
    _kind("stuck-job", _CRITICAL, "A job does not end", "任务不结束",
          "Queued or running for longer than promised."),
    _kind("failure-hidden", _CRITICAL, "A message that was given up does not show as failed", "已放弃的消息未显示为失败"),
    _kind("failure-false", _NORMAL, "A message that arrived shows as failed", "已送达的消息显示为失败"),
    _kind("alarm-missing", _CRITICAL, "Nobody is told that a message was given up", "消息被放弃却无人收到告警"),
    _kind("callback-applied-twice", _BLOCKER, "A callback was applied twice", "回调被重复执行"),
    _kind("callback-lost", _BLOCKER, "A callback was taken and not applied", "回调已接收但未执行",
          "The document did not change though the callback was taken."),
    _kind("callback-unaudited", _CRITICAL, "A callback was applied without an entry in the audit trail", "回调执行后审计追踪中没有记录"),
    _kind("callback-refused-wrongly", _CRITICAL, "A callback was refused that must be taken", "应接收的回调被拒绝"),
    _kind("callback-accepted-wrongly", _BLOCKER, "A callback was taken or applied that must be refused", "应拒绝的回调被接收或执行",
          "The answer, or what happened, is not what was promised."),
    _kind("callback-server-error", _CRITICAL, "A callback ends in a server error", "回调导致服务器错误",
          "Status 5xx, or no answer."),
)  # fmt: skip
"""Kinds by id. A check ends with its first finding, for what follows would only follow from it."""
