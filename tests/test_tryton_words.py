"""Tryton's values, refusals and lot numbers in the kit's words."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from erp_testkit.domain.documents import DeliveryNoteLine, Tracking
from erp_testkit.erp.errors import ErpBroke, Reason
from erp_testkit.erp.tryton.outbound import printed_lines
from erp_testkit.erp.tryton.refusals import reason_of
from erp_testkit.erp.tryton.setup import Pair, like, lot_number, pair_of
from erp_testkit.erp.tryton.values import decode, encode


def test_values_come_back_as_they_went():
    values = {
        "price": Decimal("80.00"),
        "expiry": date(2027, 11, 23),
        "at": datetime(2026, 11, 23, 2, 9, 52, 123, tzinfo=UTC),
        "delay": timedelta(days=2),
        "nothing": None,
        "ids": [1, 2],
    }
    assert decode(encode(values)) == values


def test_points_in_time_go_as_utc():
    at = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    assert decode(encode(at)) == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_floats_are_read_exactly():
    assert str(decode('{"quantity": 3.0, "price": 0.1}')) == "{'quantity': Decimal('3'), 'price': Decimal('0.1')}"


def test_what_tryton_has_no_type_for_is_not_sent():
    with pytest.raises(TypeError) as caught:
        encode({"codes": {"A"}})
    assert str(caught.value) == "Failed to write {'A'} as Tryton value: expected text, number, date or point in time, got set."


def test_a_type_nobody_knows_is_not_guessed():
    with pytest.raises(ValueError) as caught:
        decode('{"__class__": "Moon"}')
    assert str(caught.value) == "Failed to read Tryton value: expected one of its types, got 'Moon'."


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ('You can not call "confirm" on "SO1" of "Sale".', Reason.STATE),
        ('You are not allowed to access "Sale Line".', Reason.RIGHTS),
        ('You are not allowed to modify the field "State" of "Sale".', Reason.RIGHTS),
        ('Calling button "process on "Sale" is not allowed.', Reason.RIGHTS),
        (
            'You may not create "Sale" because they fail on at least one of these rules:\nUser in companies',
            Reason.RIGHTS,
        ),
        ('To move product "[A] Stent" you must provide a stock lot.', Reason.TRACKING),
        ('You cannot use more than 1.0u of lot "L#S" in "GR1".', Reason.DUPLICATE),
        ("Something the kit has never seen.", Reason.OTHER),
    ],
)
def test_refusals_have_a_reason(message, reason):
    assert reason_of(message) is reason


@pytest.mark.parametrize(
    ("tracking", "pair", "number"),
    [
        (Tracking.LOT, Pair("L1", None), "L1"),
        (Tracking.LOT, Pair("L#1", None), "L#1"),
        (Tracking.SERIAL, Pair("L1", "S1"), "L1#S1"),
        (Tracking.SERIAL, Pair(None, "S1"), "S1"),
    ],
)
def test_lot_and_serial_number_are_one_lot_number_in_tryton(tracking, pair, number):
    assert lot_number(pair.lot, pair.serial) == number
    assert pair_of(tracking, number) == pair


def test_no_lot_is_no_number():
    assert pair_of(Tracking.NONE, None) == Pair(None, None)


def test_wildcards_of_patterns_are_escaped():
    assert like(r"50%_\x") == r"50\%\_\\x"


def odt(*rows):
    """Print a delivery note as Tryton does: a table of products and quantities."""
    cells = ["".join(f"<table:table-cell><p>{cell}</p></table:table-cell>" for cell in row) for row in rows]
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("content.xml", f'<doc xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0">{table}</doc>')
    return stream.getvalue()


def test_a_printed_delivery_note_is_read():
    note = odt(("Product", "Quantity"), ("[IT-1] Stent [new]", "1,200\xa0u"), ("[IT-2] Glove", "2.50\xa0box"))
    assert list(printed_lines(note)) == [
        DeliveryNoteLine(item="IT-1", quantity=Decimal(1200), lot=None, serial=None, expiry=None),
        DeliveryNoteLine(item="IT-2", quantity=Decimal("2.50"), lot=None, serial=None, expiry=None),
    ]


def test_what_is_no_document_is_a_broken_erp():
    with pytest.raises(ErpBroke) as caught:
        list(printed_lines(b"<html>"))
    assert str(caught.value) == "Failed to read the delivery note: expected an OpenDocument text, got File is not a zip file."
