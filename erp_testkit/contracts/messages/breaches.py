"""Ways in which a partner's message, or the ERP's, goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from erp_testkit.contracts.check import Broken
from erp_testkit.domain.findings import Severity

BREACHES: Mapping[str, tuple[str, Severity]] = MappingProxyType(
    {
        "example-misfit": ("An example does not fit its schema", Severity.MINOR),
        "message-misfit": ("A message does not fit its schema", Severity.CRITICAL),
        "message-missing": ("A message was never sent", Severity.BLOCKER),
        "message-disordered": ("Messages arrive in another order than they were written in", Severity.CRITICAL),
        "signature-wrong": ("A message is not signed as promised", Severity.CRITICAL),
        "wrong-message-number": ("A message changes its number between attempts, or has none the ERP knows", Severity.CRITICAL),
        "retry-changed": ("A message changes between attempts", Severity.CRITICAL),
        "retry-missing": ("A message is tried less often than promised", Severity.CRITICAL),
        "retry-too-often": ("A message is tried more often than promised", Severity.NORMAL),
        "retry-too-fast": ("A message is tried again sooner than promised", Severity.NORMAL),
        "retry-too-slow": ("A message is tried again later than promised", Severity.NORMAL),
        "duplicate-effect": ("A message had its effect more than once", Severity.BLOCKER),
        "effect-missing": ("A message that counts as sent had no effect", Severity.BLOCKER),
        "stuck-job": ("A job does not end", Severity.CRITICAL),
        "failure-hidden": ("A message that was given up does not show as failed", Severity.CRITICAL),
        "failure-false": ("A message that arrived shows as failed", Severity.NORMAL),
        "alarm-missing": ("Nobody is told that a message was given up", Severity.CRITICAL),
        "callback-applied-twice": ("A callback was applied twice", Severity.BLOCKER),
        "callback-lost": ("A callback was taken and not applied", Severity.BLOCKER),
        "callback-unaudited": ("A callback was applied without an entry in the audit trail", Severity.CRITICAL),
        "callback-refused-wrongly": ("A callback was refused that must be taken", Severity.CRITICAL),
        "callback-accepted-wrongly": ("A callback was taken or applied that must be refused", Severity.BLOCKER),
        "callback-server-error": ("A callback ends in a server error", Severity.CRITICAL),
    }
)
"""Id to title and severity."""


class Breach(Exception):
    """The promise is not kept; a check ends with the first breach, for what follows would only follow from it.

    Attributes:
        broken: what is not kept.
    """

    def __init__(self, kind: str, message: str, *, place: str = "") -> None:
        """Take one of `BREACHES` and what a person reads."""
        super().__init__(message)
        title, severity = BREACHES[kind]
        self.broken = Broken(id=kind, title=title, severity=severity, message=message, place=place)
