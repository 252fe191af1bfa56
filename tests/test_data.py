"""Test data: codes unique and the same again, GTINs and labels by the GS1 rules, records that depend on nothing but their code."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin

from erp_testkit.data.codes import PREFIXES, CodeMaker, check_digit, gtin
from erp_testkit.data.factories import CustomerFactory, ItemFactory, SupplierFactory
from erp_testkit.data.labels import SEPARATOR, Damage, Label, read, write, write_damaged, write_month_only
from erp_testkit.domain.documents import Tracking

MAKER = CodeMaker(7, "run-1", "SAL-001")
LABEL = Label(gtin="06901234567892", expiry=date(2027, 3, 31), lot="L-ABCDEFGHIJKL", serial="S-MNOPQRSTUVWX")


def test_a_code_is_the_same_again_for_the_same_seed_run_scenario_kind_and_alias() -> None:
    assert CodeMaker(7, "run-1", "SAL-001")("item", "stent") == MAKER("item", "stent")
    others = {
        CodeMaker(8, "run-1", "SAL-001")("item", "stent"),
        CodeMaker(7, "run-2", "SAL-001")("item", "stent"),
        CodeMaker(7, "run-1", "SAL-002")("item", "stent"),
        MAKER("item", "支架"),
        MAKER("item", "stent"),
    }
    assert len(others) == 5


def test_codes_do_not_meet() -> None:
    codes = {CodeMaker(seed, f"run-{run}", "SAL-001")("lot", f"L{n}") for seed in range(10) for run in range(10) for n in range(100)}
    assert len(codes) == 10_000


@pytest.mark.parametrize("kind", [*PREFIXES, "order"])
def test_codes_are_short_and_plain(kind: str) -> None:
    code = MAKER(kind, "起搏器 “S1”")
    assert re.fullmatch(r"[A-Z-]{1,20}", code)
    assert code.startswith(PREFIXES.get(kind, "OR-"))


def test_gtins_have_fourteen_digits_and_a_right_check_digit() -> None:
    made = {MAKER("gtin", f"device {n}") for n in range(500)}
    assert len(made) == 500
    for code in made:
        assert len(code) == 14
        assert Gtin.parse(code).as_gtin_14() == code
    assert check_digit("0690123456789") == "2"
    assert gtin(0) == "03000000000007"


def test_a_label_is_written_and_read_by_the_gs1_rules() -> None:
    text = write(LABEL)
    assert text == f"01069012345678921727033110L-ABCDEFGHIJKL{SEPARATOR}21S-MNOPQRSTUVWX"
    assert GS1Message.parse(text).as_hri() == "(01)06901234567892(17)270331(10)L-ABCDEFGHIJKL(21)S-MNOPQRSTUVWX"
    assert read(text) == read(f"]d2{text}") == LABEL
    lot_only = replace(LABEL, serial=None)
    assert read(write(lot_only)) == lot_only
    assert read(write_month_only(LABEL)) == LABEL


@pytest.mark.parametrize("damage", Damage)
def test_a_damaged_label_cannot_be_read(damage: Damage) -> None:
    text = write_damaged(LABEL, damage)
    assert text != write(LABEL)
    with pytest.raises(ValueError, match=r"^Failed to read label .*: expected .*, got .*\.$"):
        read(text)


def test_a_label_without_its_device_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match=r"^Failed") as caught:
        read("10L-1")
    assert str(caught.value) == "Failed to read label '10L-1': expected (01), (17) and (10), got none for (01), (17)."


def test_a_record_depends_on_nothing_but_its_code() -> None:
    first, other = ItemFactory.build(code="IT-1"), ItemFactory.build(code="IT-2")
    assert first == ItemFactory.build(code="IT-1")
    assert first.name != other.name
    assert first.gtin != other.gtin
    assert CustomerFactory.build(code="CU-1").name == CustomerFactory.build(code="CU-1").name != CustomerFactory.build(code="CU-2").name
    assert SupplierFactory.build(code="SU-1") == SupplierFactory.build(code="SU-1")


def test_factories_make_what_a_distributor_trades_in() -> None:
    item = ItemFactory.build(tracking=Tracking.SERIAL)
    assert (item.tracking, item.unit, item.price, item.tax_rate) == (Tracking.SERIAL, "piece", Decimal("100.00"), Decimal("0.13"))
    assert Gtin.parse(item.gtin).as_gtin_14() == item.gtin
    customer = CustomerFactory.build()
    assert customer.licence_until is not None and customer.licence_until > datetime.now(UTC).date() + timedelta(days=300)
    assert len({CustomerFactory.build().name for _ in range(50)}) > 40


def test_steps_are_imported_without_what_is_slow() -> None:
    program = (
        "import importlib, sys; from erp_testkit.steps.library import MODULES\n"
        "for name in MODULES: importlib.import_module(name)\n"
        "print(sorted({'faker', 'factory', 'biip', 'httpx2', 'sqlalchemy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
