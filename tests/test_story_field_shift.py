"""The story the kit began with: a shifted field of an interface overwrote lot numbers on delivery notes.

The table check, the canary and the rule each catch it on their own, and say which two fields it is.
"""

import subprocess
from datetime import UTC, datetime

import pytest
from erp_projects import KIT
from reference_erp import day, running

from erp_testkit import shipped
from erp_testkit.domain.documents import Tracking
from erp_testkit.rules.rule import load_rules
from erp_testkit.rules.sqlite import SqliteEngine

CONFIRMATION = (
    "message,shipment_no,line_no,sku,lot_no,serial_no,expiry_date,qty,confirmed_at\r\n"
    "{message},{shipment},1,{item},LOT-7,SN-1,{expiry},1,{now}\r\n"
)
SHIFT = "lines[].lot, lines[].serial"


@pytest.fixture
def gate(tmp_path):
    """Run one check of the confirmation's mapping against a reference ERP with a defect."""

    def gate(defect, check):
        (tmp_path / "erp-testkit.toml").write_text(
            f'[profiles.reference]\nadapter = "reference"\noptions = {{defect = "{defect}"}}\n' if defect else "", encoding="utf-8"
        )
        arguments = [KIT, "run", str(shipped.CONTRACTS / "mappings" / "confirmation-from-wms.yaml"), "-k", check]
        ended = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout

    return gate


def test_a_wrong_mapping_table_breaks_the_table_check(gate):
    code, screen = gate("mapping-table-shifted", "table")
    assert code == 1
    assert f"E   Failed to find the right sources of {SHIFT} in the mapping table of wms.confirmation" in screen
    assert "E     row 5: lines[].lot is fed from sku, expected lot_no" in screen
    assert "E     row 6: lines[].serial is fed from lot_no, expected serial_no" in screen


def test_wrong_code_breaks_the_canary_though_the_table_is_right(gate):
    code, screen = gate("mapping-code-shifted", "table or canary")
    assert code == 1
    assert "Contracts     1       1      0            0" in screen
    assert f"E   Failed to keep {SHIFT} of wms.confirmation in their places: expected each value in its own field" in screen
    assert "E     lot_no to lines[].lot: expected 'L-" in screen
    assert ", the value of sku (line " in screen
    assert "E     serial_no to lines[].serial: expected " in screen
    assert ", the value of lot_no (line " in screen


@pytest.mark.parametrize("defect", ["mapping-table-shifted", "mapping-code-shifted"])
def test_the_rule_finds_it_in_the_ledger_without_any_contract(defect, tmp_path_factory):
    with running(tmp_path_factory.mktemp("story"), defect=defect, database="sqlite") as shop:
        item = shop.item(Tracking.SERIAL)
        shop.receive(item, lot="LOT-7", serial="SN-1", expiry=day(400))
        shipment = shop.plan(shop.order(shop.customer(), item), item, lot="LOT-7", serial="SN-1")
        now = datetime.now(UTC).isoformat()
        confirmation = CONFIRMATION.format(message=shop.code("WMS"), shipment=shipment, item=item, expiry=day(400), now=now)
        shop.erp.interfaces.deliver("wms.confirmation", confirmation, "text/csv")
        ledger = shop.ledger(item)
    engine = SqliteEngine(load_rules())
    violated = {checked.rule.id: checked.violations for checked in engine.check(ledger) if checked.violations}
    engine.close()
    rows = violated["delivery-note-equals-moves"]
    assert {(row["lot"], row["serial"], row["printed"], row["moved"]) for row in rows} == {
        (item, "LOT-7", 1, 0),
        ("LOT-7", "SN-1", 0, 1),
    }
