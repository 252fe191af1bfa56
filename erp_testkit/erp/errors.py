"""What can happen when an ERP is asked something.

`Refused` is an answer, not an error: the ERP said no, and a scenario may expect just that. `ErpBroke` is a failure of the ERP (exit
code 1): it answered, but not as an ERP should. `ErpUnreachable` is a failure of the environment (exit code 3).
"""

from __future__ import annotations

from enum import StrEnum

from erp_testkit.domain.errors import EnvironmentFailure, KitError


class Reason(StrEnum):
    """Why an ERP refuses. Adapters map their ERP's own codes or texts to these."""

    RIGHTS = "rights"
    UNKNOWN = "unknown"
    """Item, customer, document, lot or serial that does not exist."""
    QUANTITY = "quantity"
    """Zero, negative, absurd, or no multiple of the unit."""
    STATE = "state"
    """The document's state does not allow it."""
    LICENCE = "licence"
    BLOCKED = "blocked"
    STOCK = "stock"
    """Not in stock, elsewhere, or promised to someone else."""
    TRACKING = "tracking"
    """A lot or serial is missing, does not belong to the item, or is bound to another."""
    EXPIRED = "expired"
    SHELF_LIFE = "shelf life"
    """Usable, but not long enough for this customer."""
    QUARANTINED = "quarantined"
    RECALLED = "recalled"
    EXCEEDS = "exceeds"
    """More than ordered, shipped or returned."""
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """Someone else changed it meanwhile."""
    PERIOD = "period"
    """The posting date is not allowed."""
    LABEL = "label"
    """A UDI label that cannot be trusted."""
    APPEND_ONLY = "append only"
    """Audit entries are never changed or deleted."""
    OTHER = "other"
    """A refusal the adapter cannot classify; scenarios never expect it."""


class Refused(Exception):
    """The ERP said no.

    Attributes:
        reason: why, in the kit's words.
        message: the ERP's own words.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"refused ({reason}): {message}")
        self.reason = reason
        self.message = message


class ErpBroke(KitError):
    """The ERP answered, but not as an ERP should: a server error, half a document, a page instead of data."""

    exit_code = 1


class ErpUnreachable(EnvironmentFailure):
    """No answer: refused, closed, timed out, or the credentials do not let us in."""
