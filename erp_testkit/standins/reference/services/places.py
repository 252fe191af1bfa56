"""The places of the warehouse and around it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from erp_testkit.domain.documents import PlaceKind
from erp_testkit.standins.reference.services.work import Place

BINS: Mapping[str, PlaceKind] = MappingProxyType(
    {
        "MAIN": PlaceKind.STOCK,
        "SHELF": PlaceKind.STOCK,
        "QUARANTINE": PlaceKind.QUARANTINE,
        "RETURNS": PlaceKind.QUARANTINE,
    }
)
"""All bins; the first is the main bin."""

STOCK_BINS = tuple(code for code, kind in BINS.items() if kind is PlaceKind.STOCK)
QUARANTINE_BINS = tuple(code for code, kind in BINS.items() if kind is PlaceKind.QUARANTINE)

MAIN = Place(PlaceKind.STOCK, "MAIN")
QUARANTINE = Place(PlaceKind.QUARANTINE, "QUARANTINE")
RETURNS = Place(PlaceKind.QUARANTINE, "RETURNS")
LOSS = Place(PlaceKind.LOSS, "LOSS")
SCRAP = Place(PlaceKind.SCRAP, "SCRAP")


def customer(code: str) -> Place:
    """Return the place of a customer."""
    return Place(PlaceKind.CUSTOMER, code)


def supplier(code: str) -> Place:
    """Return the place of a supplier."""
    return Place(PlaceKind.SUPPLIER, code)


def bin_place(code: str) -> Place:
    """Return the place of a bin."""
    return Place(BINS[code], code)
