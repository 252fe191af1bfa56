"""Items, customers, suppliers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Body, Response

from erp_testkit.domain.documents import Customer, Item, Supplier
from erp_testkit.standins.reference.api.calling import Nothing, Writer, area, writer
from erp_testkit.standins.reference.services import master

router = area("Master data")
MasterData = Annotated[Writer, writer("master data")]
Licences = Annotated[Writer, writer("licences")]


@router.post("/items", response_model=Nothing)
def add_item(item: Item, caller: MasterData) -> Response:
    """Add an item to the catalogue."""
    return caller.done(lambda work: master.add_item(work, item))


@router.post("/customers", response_model=Nothing)
def add_customer(customer: Customer, caller: MasterData) -> Response:
    """Add a customer."""
    return caller.done(lambda work: master.add_customer(work, customer))


@router.post("/suppliers", response_model=Nothing)
def add_supplier(supplier: Supplier, caller: MasterData) -> Response:
    """Add a supplier."""
    return caller.done(lambda work: master.add_supplier(work, supplier))


@router.put("/customers/{code}/licence", response_model=Nothing)
def set_licence(code: str, until: Annotated[date, Body(embed=True)], caller: Licences) -> Response:
    """Set the last day of a customer's licence."""
    return caller.done(lambda work: master.set_licence(work, code, until))


@router.put("/customers/{code}/blocked", response_model=Nothing)
def block(code: str, blocked: Annotated[bool, Body(embed=True)], caller: Licences) -> Response:
    """Block a customer, or lift the block."""
    return caller.done(lambda work: master.block(work, code, blocked))


@router.put("/customers/{code}/shelf-life", response_model=Nothing)
def require_shelf_life(code: str, days: Annotated[int, Body(embed=True)], caller: Licences) -> Response:
    """Set how many days a lot must still be usable when it ships to this customer."""
    return caller.done(lambda work: master.require_shelf_life(work, code, days))
