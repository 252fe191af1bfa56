"""The world of one scenario: which unique code each name in the text stands for, what day it is, and what the ERP last refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import Reason, Refused

T = TypeVar("T")


class World:
    """Made anew for each scenario.

    Names in the text ("pacemaker", "S1") are aliases; the codes behind them are unique, so scenarios are independent of order, of
    each other and of data already in the ERP.

    Args:
        code: makes a unique code of a kind ("item", "serial", ...) for an alias; given by the run, so that seed and run go into it.
        today: the day on which the story plays, UTC.
    """

    def __init__(self, code: Callable[[str, str], str], today: date) -> None:
        self._new_code = code
        self._codes: dict[tuple[str, str], str] = {}
        self._kept: dict[str, Any] = {}
        self.started_at = datetime.now(UTC)
        self.today = today
        self.refusal: Refused | None = None

    def day(self, offset: int) -> date:
        """Return the calendar day `offset` days from today, UTC."""
        return self.today + timedelta(days=offset)

    def code(self, kind: str, alias: str) -> str:
        """Return the code an alias stands for, making one the first time."""
        key = (kind, alias)
        if key not in self._codes:
            self._codes[key] = self._new_code(kind, alias)
        return self._codes[key]

    def remember(self, kind: str, alias: str, code: str) -> None:
        """Let an alias stand for a code the ERP gave, such as an order number."""
        self._codes[kind, alias] = code

    def codes(self, kind: str) -> tuple[str, ...]:
        """Return all codes of a kind, such as the items the ledger is read for."""
        return tuple(code for (of_kind, _), code in self._codes.items() if of_kind == kind)

    def has(self, kind: str, alias: str) -> bool:
        """Say whether an alias has been used in this scenario."""
        return (kind, alias) in self._codes

    def says(self, kind: str, alias: str) -> str:
        """Write an alias with its code for a message: ``"pacemaker" (IT-4QK7...)``."""
        return f'"{alias}" ({self.code(kind, alias)})'

    def keep(self, what: str, value: Any) -> None:
        """Keep an answer of the ERP for a later step to look at."""
        self._kept[what] = value

    def kept(self, what: str) -> Any:
        """Return an answer kept by an earlier step.

        Raises:
            UsageError: no step before has kept one, so the scenario is written wrongly.
        """
        if what not in self._kept:
            raise UsageError(f"Failed to look at the {what}: expected an earlier step that asks the ERP for it, got none.")
        return self._kept[what]

    def attempt(self, action: Callable[[], T]) -> T | None:
        """Do something the ERP may refuse.

        A refusal is kept for the next step. If that step does not ask for it, the scenario fails with it: so one wording serves the
        good path and the failure path.
        """
        try:
            return action()
        except Refused as refusal:
            self.refusal = refusal
            return None

    def take_refusal(self) -> Refused | None:
        """Return the pending refusal and forget it."""
        refusal, self.refusal = self.refusal, None
        return refusal

    def expect_refusal(self, reason: Reason) -> None:
        """Fail unless the step before was refused for this very reason.

        Raises:
            AssertionError: nothing was refused, or for another reason.
        """
        refusal = self.take_refusal()
        if refusal is None:
            raise AssertionError(f"Failed to be refused: expected refusal ({reason}), got success.")
        if refusal.reason is not reason:
            raise AssertionError(f"Failed to be refused rightly: expected refusal ({reason}), got {refusal}.")
