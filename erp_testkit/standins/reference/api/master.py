"""Items, customers, suppliers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Response

from erp_testkit.standins.reference.api.calling import Nothing, Reading, Writer, area, leads_to, writer
from erp_testkit.standins.reference.api.documents import Customer, Item, Supplier
from erp_testkit.standins.reference.services import master
from erp_testkit.standins.reference.values import Day, Days, PathCode

router = area("Master data")
MasterData = Annotated[Writer, writer("master data")]
Licences = Annotated[Writer, writer("licences")]


@router.post("/items", response_model=Nothing, status_code=201, responses=leads_to(201, "$request.body#/code", master_read_item="code"))
def add_item(item: Item, caller: MasterData) -> Response:
    """Add an item to the catalogue."""
    return caller.added(lambda work: master.add_item(work, item))


@router.get("/items/{code}", response_model=Item)
def read_item(code: PathCode, caller: Reading) -> Response:
    """Read an item."""
    return caller.read(lambda work: master.read_item(work, code))


@router.post(
    "/customers", response_model=Nothing, status_code=201, responses=leads_to(201, "$request.body#/code", master_read_customer="code")
)
def add_customer(customer: Customer, caller: MasterData) -> Response:
    """Add a customer."""
    return caller.added(lambda work: master.add_customer(work, customer))


@router.get("/customers/{code}", response_model=Customer)
def read_customer(code: PathCode, caller: Reading) -> Response:
    """Read a customer."""
    return caller.read(lambda work: master.read_customer(work, code))


@router.post(
    "/suppliers", response_model=Nothing, status_code=201, responses=leads_to(201, "$request.body#/code", master_read_supplier="code")
)
def add_supplier(supplier: Supplier, caller: MasterData) -> Response:
    """Add a supplier."""
    return caller.added(lambda work: master.add_supplier(work, supplier))


@router.get("/suppliers/{code}", response_model=Supplier)
def read_supplier(code: PathCode, caller: Reading) -> Response:
    """Read a supplier."""
    return caller.read(lambda work: master.read_supplier(work, code))


@router.put("/customers/{code}/licence", response_model=Nothing)
def set_licence(code: PathCode, until: Annotated[Day, Body(embed=True)], caller: Licences) -> Response:
    """Set the last day of a customer's licence."""
    return caller.done(lambda work: master.set_licence(work, code, until))


@router.put("/customers/{code}/blocked", response_model=Nothing)
def block(code: PathCode, blocked: Annotated[bool, Body(embed=True, strict=True)], caller: Licences) -> Response:
    """Block a customer, or lift the block."""
    return caller.done(lambda work: master.block(work, code, blocked))


@router.put("/customers/{code}/shelf-life", response_model=Nothing)
def require_shelf_life(code: PathCode, days: Annotated[Days, Body(embed=True)], caller: Licences) -> Response:
    """Set how many days a lot must still be usable when it ships to this customer."""
    return caller.done(lambda work: master.require_shelf_life(work, code, days))
