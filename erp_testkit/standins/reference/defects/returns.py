"""Defects of returns, exchanges and credits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from erp_testkit.domain.documents import Disposition
from erp_testkit.standins.reference.defects import Original, defect
from erp_testkit.standins.reference.services import master, places, returns, units
from erp_testkit.standins.reference.services.work import Place, Stuff, Work


@defect("return-skips-quarantine", wraps="returns.arrival_place")
def return_skips_quarantine(_original: Original) -> Place:
    """What comes back from a customer goes straight into saleable stock."""
    return places.MAIN


@defect("return-not-restocked", wraps="returns.dispose")
def return_not_restocked(original: Original, work: Work, found: Row[Any], line: Row[Any], disposition: Disposition) -> None:
    """Goods that passed inspection stay where they are; the paper says they are back in stock."""
    if disposition is not Disposition.RESTOCK:
        original(work, found, line, disposition)


@defect("return-restocked-twice", wraps="returns.dispose")
def return_restocked_twice(original: Original, work: Work, found: Row[Any], line: Row[Any], disposition: Disposition) -> None:
    """Goods that passed inspection are received from the customer a second time, this time into stock."""
    if disposition is not Disposition.RESTOCK:
        original(work, found, line, disposition)
        return
    returns.post(work, found, line, places.customer(found.customer), places.MAIN)


@defect("scrap-back-in-stock", wraps="returns.dispose")
def scrap_back_in_stock(_original: Original, work: Work, found: Row[Any], line: Row[Any], _disposition: Disposition) -> None:
    """Every inspected line goes back to stock; the decision is only printed."""
    returns.post(work, found, line, places.RETURNS, places.MAIN)


@defect("return-of-anything", wraps="returns.shipped_quantity")
def return_of_anything(original: Original, work: Work, shipment: str, stuff: Stuff) -> Decimal:
    """A return is not compared with what the shipment brought."""
    shipped: Decimal = original(work, shipment, stuff)
    return shipped or units.ABSURD


@defect("more-returned-than-shipped", wraps="returns.shipped_quantity")
def more_returned_than_shipped(original: Original, work: Work, shipment: str, stuff: Stuff) -> Decimal:
    """A return is compared with what was shipped of the item, lots and shipments added together; it may be twice as much."""
    shipped: Decimal = original(work, shipment, stuff)
    return shipped * 2


@defect("returned-again", wraps="returns.returned_quantity")
def returned_again(_original: Original, _work: Work, _shipment: str, _stuff: Stuff) -> Decimal:
    """What was returned before is not counted."""
    return Decimal(0)


@defect("return-from-anybody", wraps="returns.check_theirs")
def return_from_anybody(_original: Original, _shipment: Row[Any], _customer: str) -> None:
    """A return is taken from a customer the goods were never sent to."""


@defect("exchange-forgets-its-return", wraps="outbound.write_shipment")
def exchange_forgets_its_return(
    original: Original, work: Work, order: str, _return_no: str | None, customer: str, planned: Sequence[Any]
) -> str:
    """The replacement is shipped like any order, without the link to the return it is for."""
    return str(original(work, order, None, customer, planned))


@defect("credit-at-list-price", wraps="returns.credited")
def credit_at_list_price(original: Original, work: Work, order: str, shipment: str, line: Row[Any]) -> tuple[Decimal, Decimal]:
    """A credit takes today's list price, not the price the goods were sold at."""
    rate, _ = original(work, order, shipment, line)
    return rate, units.round_money(line.quantity * master.item(work, line.item).price)


@defect("credited-again", wraps="returns.check_not_credited", weakens=("credit_once",))
def credited_again(_original: Original, _work: Work, _number: str) -> None:
    """A return can be credited as often as somebody asks for it."""
