"""The reference ERP's lot records, trace reports and labels, through its adapter."""

import pytest
from reference_erp import day, refused

from erp_testkit.domain.documents import LotStatus, Tracking
from erp_testkit.erp.errors import Refused


def test_a_lot_is_traced_to_every_customer(shop):
    item, customers = shop.lot_item(10), [shop.customer() for _ in range(3)]
    shipments = [shop.shipped(customer, item, place, lot="L1") for place, customer in enumerate(customers, start=1)]
    found = [(line.customer, line.shipment, int(line.quantity)) for line in shop.erp.traceability.forward(item, "L1")]
    assert found == [(customers[place], shipments[place], place + 1) for place in range(3)]
    with refused(f"unknown: There is no lot L9 of {item}."):
        shop.erp.traceability.forward(item, "L9")


def test_a_serial_number_is_traced_back_and_its_history_has_no_gap(shop):
    customer, item = shop.customer(), shop.item(Tracking.SERIAL)
    receipt = shop.receive(item, lot="L1", serial="S1", expiry=day(50))
    shipment = shop.shipped(customer, item, serial="S1")
    back = shop.give_back(customer, shipment, item, serial="S1")
    shop.erp.returns.receive_return(back)
    origin = shop.erp.traceability.backward(item, "S1")
    assert (origin.supplier, origin.receipt, origin.lot) == (shop.supplier, receipt, "L1")
    history = shop.erp.traceability.history(item, "S1")
    assert [(str(event.from_kind), str(event.to_kind), event.document, event.party) for event in history] == [
        ("supplier", "stock", receipt, shop.supplier),
        ("stock", "customer", shipment, customer),
        ("customer", "quarantine", back, customer),
    ]
    assert [event.at for event in history] == sorted(event.at for event in history)
    with refused(f"unknown: There is no serial number S9 of {item}."):
        shop.erp.traceability.history(item, "S9")
    with refused(f"unknown: There is no serial number S9 of {item}."):
        shop.erp.traceability.backward(item, "S9")


def test_a_corrected_expiry_date_leaves_a_trace(shop):
    item = shop.lot_item(expiry=day(100))
    shop.erp.lot_records.correct_expiry(item, "L1", day(50), "misprint")
    lot = shop.erp.lot_records.lot(item, "L1")
    assert (lot.expiry, lot.status) == (day(50), LotStatus.RELEASED)
    (event,) = shop.ledger(item).tables["lot_events"]
    assert (event["event"], event["expiry_before"], event["expiry_after"]) == ("expiry corrected", str(day(100)), str(day(50)))


def test_a_bound_serial_number_is_never_bound_again(shop):
    item = shop.serial_item("S1")
    shop.receive(item, lot="L2", serial="S2")
    with refused(f"tracking: Serial number S1 of {item} is bound to lot L1 and cannot be bound to L2."):
        shop.erp.lot_records.bind(item, "S1", "L2")
    assert shop.erp.lot_records.lot(item, "L1").serials == ("S1",)


def test_a_label_says_what_it_was_printed_for(shop):
    item = shop.serial_item("S1")
    label = shop.erp.labels.label(item, None, "S1")
    scanned = shop.erp.labels.scan(label)
    assert label == f"01{scanned.gtin}17{day(400):%y%m%d}10L1\x1d21S1"
    assert (scanned.item, scanned.lot, scanned.serial, scanned.expiry) == (item, "L1", "S1", day(400))


def test_labels_that_cannot_be_trusted_are_refused(shop):
    item = shop.serial_item("S1", "S2")
    gtin = shop.erp.labels.label(item, None, "S1")[2:16]
    wrong_digit = gtin[:-1] + str((int(gtin[-1]) + 1) % 10)
    untrusted = [
        f"01{wrong_digit}10L1\x1d21S1",
        f"01{gtin}10L121S1",
        f"01{gtin}1727133010L1\x1d21S1",
        f"01{gtin}1727023010L1\x1d21S1",
        "10L1\x1d21S1",
        "hello",
        "",
    ]
    for label in untrusted:
        with pytest.raises(Refused) as refusal:
            shop.erp.labels.scan(label)
        assert refusal.value.reason == "label", label


def test_a_lost_separator_after_a_known_lot_is_noticed(shop):
    item = shop.lot_item(lot="AB7")
    gtin = shop.erp.labels.label(item, "AB7", None)[2:16]
    with refused(f"label: Lot AB717271231 of {item}: a separator seems to be lost after lot AB7."):
        shop.erp.labels.scan(f"01{gtin}10AB717271231")


def test_a_label_of_another_lot_or_item_is_refused(shop):
    item = shop.serial_item("S1")
    gtin = shop.erp.labels.label(item, None, "S1")[2:16]
    with refused(f"tracking: Serial number S1 of {item} belongs to lot L1, not L7."):
        shop.erp.labels.scan(f"01{gtin}10L7\x1d21S1")
    with refused("unknown: There is no item with GTIN 99999999999997."):
        shop.erp.labels.scan("0199999999999997")
