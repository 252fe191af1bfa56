"""What can happen when an ERP is asked something.

`Refused` is an answer, not an error: the ERP said no, and a scenario may expect just that. `ErpBroke` is a failure of the ERP (exit
code 1): it answered, but not as an ERP should. `ErpUnreachable` is a failure of the environment (exit code 3).
"""

from __future__ import annotations

from enum import StrEnum

from erp_testkit.domain.errors import EnvironmentFailure, KitError


class Reason(StrEnum):
    """Why an ERP refuses. Adapters map their ERP's own codes or texts to these.

    Attributes:
        RIGHTS: the user may not do this.
        UNKNOWN: item, customer, supplier, document, bin, lot or serial number does not exist, or is no part of the document that is
            named.
        QUANTITY: zero, negative, absurd or no multiple of the unit; a document without a line; a unit the item does not have.
        STATE: the state of the document or lot does not allow it, such as shipping what was cancelled.
        LICENCE: the customer's licence has expired.
        BLOCKED: no business may be done with the customer.
        STOCK: not in stock, in another bin, or promised to another shipment.
        TRACKING: a lot or serial number is missing, does not belong to the item or lot, or contradicts what is on record of it.
        EXPIRED: the lot's last day of use is over.
        SHELF_LIFE: the lot is usable, but not for as long as this customer asks for.
        QUARANTINED: the lot or bin is in quarantine.
        RECALLED: the lot is recalled.
        EXCEEDS: more than was ordered, shipped or returned.
        DUPLICATE: it is on record already: a code, a GTIN, a serial number, a return, a credit, a message with other content.
        CONFLICT: somebody else has changed the document meanwhile.
        PERIOD: the date is not allowed: the future, a closed period, before a stock count, before what it follows.
        LABEL: a UDI label that cannot be read or trusted: check digit, date, element twice or missing.
        APPEND_ONLY: an audit entry is never changed or deleted.
        OTHER: a refusal the adapter cannot classify; scenarios never expect it.
    """

    RIGHTS = "rights"
    UNKNOWN = "unknown"
    QUANTITY = "quantity"
    STATE = "state"
    LICENCE = "licence"
    BLOCKED = "blocked"
    STOCK = "stock"
    TRACKING = "tracking"
    EXPIRED = "expired"
    SHELF_LIFE = "shelf life"
    QUARANTINED = "quarantined"
    RECALLED = "recalled"
    EXCEEDS = "exceeds"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    PERIOD = "period"
    LABEL = "label"
    APPEND_ONLY = "append only"
    OTHER = "other"


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
