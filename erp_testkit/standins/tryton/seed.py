"""What a fresh Tryton needs before a distributor can work with it, entered over JSON-RPC as an administrator would.

The deployment it makes:

- one company in CNY with the universal chart of accounts, fiscal years around today, and one accounting category for each tax rate met;
- one warehouse, picked and received in one step: goods are received straight into a bin of the storage area and leave straight from it.
  Outside the storage area, so that nothing in them can be assigned to a customer, lie the input location, where returned goods wait for
  their inspection, and the quarantine, where lots lie that were taken out of sale;
- a waste location for scrap, beside lost and found;
- one user for each role, none of them an administrator. Beside the groups Tryton ships there are three: *Readers* (everybody: may read
  all documents), *Returns desk* (sales: names the lots of a return) and *Quality* (moves goods from and to the quarantine, closes
  returns; nobody else but the manager does).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role
from erp_testkit.erp.tryton.rpc import Rpc
from erp_testkit.erp.tryton.setup import data_id

ADMIN = Credentials("admin", "erp-testkit-admin")

USERS: Mapping[Role, Credentials] = {role: Credentials(role.value, f"erp-testkit-{role.value}") for role in Role}
"""The stand-in lives on this machine only; its passwords are no secret."""

_GROUPS: Mapping[Role, Sequence[tuple[str, str]]] = {
    Role.MANAGER: (
        ("account", "group_account_admin"),
        ("account_product", "group_account_product_admin"),
        ("party", "group_party_admin"),
        ("product", "group_product_admin"),
        ("sale", "group_sale_admin"),
        ("sale_amendment", "group_sale_amendment"),
        ("stock", "group_stock_admin"),
    ),
    Role.SALES: (("sale", "group_sale"), ("sale_amendment", "group_sale_amendment")),
    Role.WAREHOUSE: (("stock", "group_stock"),),
    Role.QUALITY: (),
    Role.AUDITOR: (),
}

_READABLE = (
    "account.invoice",
    "sale.amendment",
    "sale.sale",
    "stock.inventory",
    "stock.lot",
    "stock.lot.trace",
    "stock.lots_by_locations",
    "stock.move",
    "stock.shipment.in",
    "stock.shipment.internal",
    "stock.shipment.out",
    "stock.shipment.out.return",
)

_OWN_GROUPS: Mapping[str, tuple[Collection[Role], Mapping[str, str]]] = {
    "Readers": (tuple(Role), dict.fromkeys(_READABLE, "r")),
    "Returns desk": ((Role.SALES,), {"stock.shipment.out.return": "rw", "stock.move": "rw"}),
    "Quality": (
        (Role.QUALITY, Role.MANAGER),
        {"stock.shipment.internal": "rwc", "stock.shipment.out.return": "rw", "stock.move": "rwcd", "stock.lot": "rw"},
    ),
}
"""Our groups: who is in them, and what they may do with which documents: read, write, create, delete."""

_BINS = ("A-01", "A-02")

_PREFIXES: Mapping[str, str] = {
    "Sale": "SO",
    "Customer Shipment": "SH",
    "Supplier Shipment": "GR",
    "Internal Shipment": "TR",
    "Customer Return Shipment": "RMA",
    "Inventory": "SC",
}
"""Without them an order, its shipment and a receipt may all have the number 1."""

_YEARS_AHEAD = 5

_TAX_RATES = tuple(Decimal(rate) for rate in ("0.00", "0.06", "0.09", "0.13"))


def seed(rpc: Rpc) -> None:
    """Enter everything into a database that has only Tryton's modules in it."""
    _company(rpc)
    _accounts(rpc)
    _taxes(rpc)
    _fiscal_years(rpc)
    _locations(rpc)
    _numbers(rpc)
    _units(rpc)
    _users(rpc)


def _company(rpc: Rpc) -> None:
    currency = rpc.create(
        "currency.currency",
        {
            "name": "Renminbi",
            "code": "CNY",
            "symbol": "¥",
            "rounding": Decimal("0.01"),
            "digits": 2,
            "rates": [["create", [{"date": date(2000, 1, 1), "rate": Decimal(1)}]]],
        },
    )[0]
    party = rpc.create("party.party", {"name": "Distributor", "addresses": [["create", [{"city": "Shanghai"}]]]})[0]
    company = rpc.create("company.company", {"party": party, "currency": currency, "timezone": "UTC"})[0]
    rpc.write("res.user", [rpc.user_id], {"companies": [["add", [company]]], "company": company})
    rpc.refresh()


def _accounts(rpc: Rpc) -> None:
    company = rpc.context["company"]
    wizard = "wizard.account.create_chart"
    session, *_ = rpc.call(f"{wizard}.create")
    template = data_id(rpc, "account", "account_template_root_en")
    values = {"account": {"company": company, "account_template": template}}
    rpc.call(f"{wizard}.execute", session, values, "create_account")
    receivable, payable = (
        rpc.read("account.account", [(f"type.{kind}", "=", True), ("party_required", "=", True)], ["id"])[0]["id"]
        for kind in ("receivable", "payable")
    )
    values = {**values, "properties": {"company": company, "account_receivable": receivable, "account_payable": payable}}
    rpc.call(f"{wizard}.execute", session, values, "create_properties")
    rpc.call(f"{wizard}.delete", session)


def _taxes(rpc: Rpc) -> None:
    """Make an accounting category with its tax for every rate of Chinese value added tax; items are put into one of them."""
    company = rpc.context["company"]
    codes = ("4.1.1", "5.1.1", "2.2.3")  # sales of goods, cost of goods, accrued taxes
    revenue, expense, tax_account = (rpc.read("account.account", [("code", "=", code)], ["id"])[0]["id"] for code in codes)
    taxes = rpc.create(
        "account.tax",
        *(
            {
                "name": f"VAT {rate:.0%}",
                "description": f"VAT {rate:.0%}",
                "type": "percentage",
                "rate": rate,
                "company": company,
                "invoice_account": tax_account,
                "credit_note_account": tax_account,
            }
            for rate in _TAX_RATES
        ),
    )
    rpc.create(
        "product.category",
        *(
            {
                "name": f"Devices at {rate:.0%} VAT",
                "accounting": True,
                "account_revenue": revenue,
                "account_expense": expense,
                "customer_taxes": [["add", [tax]]],
            }
            for rate, tax in zip(_TAX_RATES, taxes, strict=True)
        ),
    )


def _fiscal_years(rpc: Rpc) -> None:
    company = rpc.context["company"]
    move_type = data_id(rpc, "account", "sequence_type_account_move")
    invoice_type = data_id(rpc, "account_invoice", "sequence_type_account_invoice")
    this_year = datetime.now(UTC).year
    for year in range(this_year - 1, this_year + _YEARS_AHEAD + 1):
        moves, invoices, credit_notes = rpc.create(
            "ir.sequence.strict",
            {"name": f"Postings {year}", "sequence_type": move_type, "company": company},
            {"name": f"Invoices {year}", "sequence_type": invoice_type, "company": company, "prefix": f"INV-{year}-"},
            {"name": f"Credit notes {year}", "sequence_type": invoice_type, "company": company, "prefix": f"CN-{year}-"},
        )
        sequences: dict[str, Any] = {"company": company}
        for direction in ("in", "out"):
            sequences |= {f"{direction}_invoice_sequence": invoices, f"{direction}_credit_note_sequence": credit_notes}
        fiscal_year = rpc.create(
            "account.fiscalyear",
            {
                "name": str(year),
                "company": company,
                "start_date": date(year, 1, 1),
                "end_date": date(year, 12, 31),
                "move_sequence": moves,
                "invoice_sequences": [["create", [sequences]]],
            },
        )[0]
        rpc.call("model.account.fiscalyear.create_period", [fiscal_year])


def _locations(rpc: Rpc) -> None:
    warehouse, storage = (data_id(rpc, "stock", name) for name in ("location_warehouse", "location_storage"))
    rpc.write("stock.location", [storage], {"type": "view"})  # stock lies in its bins only
    rpc.create("stock.location", *({"name": f"Bin {code}", "code": code, "type": "storage", "parent": storage} for code in _BINS))
    _, scrap = rpc.create(
        "stock.location",
        {"name": "Quarantine", "code": "QUA", "type": "storage", "parent": warehouse},
        {"name": "Scrap", "code": "SCRAP", "type": "lost_found"},
    )
    lost_found = data_id(rpc, "stock", "location_lost_found")
    rpc.write(
        "stock.location",
        [warehouse],
        {
            "output_location": storage,
            "lost_found_location": lost_found,
            "waste_locations": [["add", [scrap]]],
        },
    )


def _numbers(rpc: Rpc) -> None:
    for row in rpc.read("ir.sequence", [("sequence_type.name", "in", list(_PREFIXES))], ["sequence_type.name"]):
        rpc.write("ir.sequence", [row["id"]], {"prefix": _PREFIXES[row["sequence_type."]["name"]]})


def _units(rpc: Rpc) -> None:
    """Add a unit that goods may be sold in; in Tryton units are common to all items."""
    category = data_id(rpc, "product", "uom_cat_unit")
    rpc.create(
        "product.uom", {"name": "box", "symbol": "box", "category": category, "factor": 10.0, "rate": 0.1, "rounding": 0.01, "digits": 2}
    )


def close_old_books(rpc: Rpc) -> None:
    """Close the stock period that ended a year ago. Done at each start, because the day depends on today."""
    period = rpc.create("stock.period", {"date": datetime.now(UTC).date() - timedelta(days=365), "company": rpc.context["company"]})
    rpc.press("stock.period", "close", *period)


def _groups(rpc: Rpc) -> Mapping[str, int]:
    """Add our groups, and reserve for quality what the groups Tryton ships would leave to all of the warehouse."""
    groups = {name: _group(rpc, name, access) for name, (_, access) in _OWN_GROUPS.items()}
    quality, warehouse = groups["Quality"], data_id(rpc, "stock", "group_stock")
    for button, group in (("receive", warehouse), ("do", quality)):
        domain = [("model", "=", "stock.shipment.out.return"), ("name", "=", button)]
        for row in rpc.read("ir.model.button", domain, ["id"]):
            rpc.write("ir.model.button", [row["id"]], {"groups": [["add", [group]]]})
    held = [row["id"] for row in rpc.read("stock.location", [("code", "in", ["IN", "QUA"])], ["id"])]
    own = {"model": "stock.shipment.internal", "global_p": False}
    rpc.create(
        "ir.rule.group",
        {
            **own,
            "name": "Not what is out of sale",
            "default_p": True,
            "perm_read": False,
            "rules": [["create", [{"domain": f'[["from_location", "not in", {held}]]'}]]],
        },
        {
            **own,
            "name": "Quality moves goods from anywhere",
            "default_p": False,
            "perm_read": False,
            "groups": [["add", [quality]]],
            "rules": [["create", [{"domain": "[]"}]]],
        },
    )
    return groups


def _group(rpc: Rpc, name: str, access: Mapping[str, str]) -> int:
    kinds = {"read": "r", "write": "w", "create": "c", "delete": "d"}
    rows = [{"model": model, **{f"perm_{kind}": letter in allowed for kind, letter in kinds.items()}} for model, allowed in access.items()]
    return rpc.create("res.group", {"name": name, "model_access": [["create", rows]]})[0]


def _users(rpc: Rpc) -> None:
    own = _groups(rpc)
    company = rpc.context["company"]
    rpc.create(
        "res.user",
        *(
            {
                "name": role.value.capitalize(),
                "login": USERS[role].name,
                "password": USERS[role].password,
                "groups": [["add", [*_own_groups(own, role), *(data_id(rpc, module, name) for module, name in groups)]]],
                "companies": [["add", [company]]],
                "company": company,
            }
            for role, groups in _GROUPS.items()
        ),
    )


def _own_groups(ids: Mapping[str, int], role: Role) -> list[int]:
    return [ids[name] for name, (roles, _) in _OWN_GROUPS.items() if role in roles]
