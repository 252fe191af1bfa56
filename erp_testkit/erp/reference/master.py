"""Items, customers, suppliers, licences."""

from __future__ import annotations

from datetime import date

from erp_testkit.domain.documents import Customer, Item, Supplier
from erp_testkit.erp.reference.session import Session


class MasterData:
    """Port `MasterData`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_item(self, item: Item) -> None:
        """Add an item to the catalogue."""
        self._session.write("items", content=item)

    def add_customer(self, customer: Customer) -> None:
        """Add a customer."""
        self._session.write("customers", content=customer)

    def add_supplier(self, supplier: Supplier) -> None:
        """Add a supplier."""
        self._session.write("suppliers", content=supplier)


class Licences:
    """Port `Licences`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set_licence(self, customer: str, until: date) -> None:
        """Set the last day of the customer's licence."""
        self._session.write("customers", customer, "licence", content={"until": until}, method="PUT")

    def block(self, customer: str, blocked: bool) -> None:
        """Block the customer, or lift the block."""
        self._session.write("customers", customer, "blocked", content={"blocked": blocked}, method="PUT")

    def require_shelf_life(self, customer: str, days: int) -> None:
        """Set how long a lot must still be usable when it ships to this customer."""
        self._session.write("customers", customer, "shelf-life", content={"days": days}, method="PUT")
