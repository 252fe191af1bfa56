"""Port `Interfaces`."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

from erp_testkit.domain.documents import Direction, Pick, ShipmentState
from erp_testkit.erp.errors import Reason
from erp_testkit.erp.ports import Interfaces, Jobs, Outbound
from erp_testkit.pytest_plugin.conformance.listening import Listener, listening
from erp_testkit.pytest_plugin.conformance.stage import UNKNOWN, Stage, refused

OUT, CONFIRMED, DELIVERED = "wms.shipment", "wms.confirmation", "carrier.delivered"
SECRET = "shared-with-the-partner"  # noqa: S105  # of a partner that lives for one test
SECONDS = 30


def planned(stage: Stage, outbound: Outbound) -> tuple[str, str]:
    """Plan a shipment of one lot; return it and its item."""
    item = stage.item()
    lot = stage.lot_in_stock(item, 5)
    return outbound.plan(stage.order(stage.customer(), item, 2), [Pick(item=item, quantity=Decimal(2), lot=lot)]), item


@contextmanager
def connected(interfaces: Interfaces, *listeners: Listener) -> Iterator[None]:
    """Connect the channel to one partner after the other, and to none at the end."""
    try:
        for listener in listeners:
            interfaces.connect(OUT, listener.url, SECRET)
        yield
    finally:
        interfaces.disconnect(OUT)


def proof(stage: Stage, shipment: str) -> str:
    """Return a carrier's message that a shipment was signed for, now."""
    content = {"message": stage.code("message", "proof"), "shipment": shipment, "receiver": "Dr. Wu", "at": datetime.now(UTC).isoformat()}
    return json.dumps(content)


def test_a_message_reaches_the_partner_signed_and_is_kept(interfaces: Interfaces, outbound: Outbound, jobs: Jobs, stage: Stage) -> None:
    with listening() as partner, connected(interfaces, partner):
        shipment, item = planned(stage, outbound)
        jobs.settle([item], SECONDS)
        (sent,) = partner.heard
    (kept,) = [message for message in interfaces.messages(shipment) if message.channel == OUT]
    assert (kept.direction, kept.document, kept.state) == (Direction.OUT, shipment, "sent")
    assert sent.headers["x-message-id"] == kept.number
    assert sent.headers["x-channel"] == OUT
    assert sent.headers["x-signature-sha256"] == hmac.new(SECRET.encode(), sent.body, "sha256").hexdigest()
    assert shipment in sent.body.decode()
    assert not interfaces.alarms(shipment)


def test_another_address_takes_the_place_of_the_first(interfaces: Interfaces, outbound: Outbound, jobs: Jobs, stage: Stage) -> None:
    with listening() as first, listening() as second, connected(interfaces, first, second):
        _, item = planned(stage, outbound)
        jobs.settle([item], SECONDS)
        assert (len(first.heard), len(second.heard)) == (0, 1)


def test_nothing_is_sent_on_a_channel_without_a_partner(interfaces: Interfaces, outbound: Outbound, jobs: Jobs, stage: Stage) -> None:
    with listening() as partner:
        with connected(interfaces, partner):
            pass
        shipment, item = planned(stage, outbound)
        jobs.settle([item], SECONDS)
        assert not partner.heard
    assert [message.channel for message in interfaces.messages(shipment)] == [OUT]
    assert not interfaces.alarms(shipment)


def test_a_message_the_partner_refuses_raises_an_alarm(interfaces: Interfaces, outbound: Outbound, jobs: Jobs, stage: Stage) -> None:
    with listening(422) as partner, connected(interfaces, partner):
        shipment, item = planned(stage, outbound)
        jobs.settle([item], SECONDS)
        assert len(partner.heard) == 1
    (alarm,) = interfaces.alarms(shipment)
    assert (alarm.channel, alarm.document) == (OUT, shipment)
    assert alarm.text
    assert [message.state for message in interfaces.messages(shipment)] == ["failed"]
    assert shipment in {job.document for job in jobs.backlog()}


def test_the_same_message_handed_in_again_changes_nothing(interfaces: Interfaces, outbound: Outbound, stage: Stage) -> None:
    shipment, _ = planned(stage, outbound)
    outbound.ship(shipment)
    message = proof(stage, shipment)
    for _ in range(2):
        interfaces.deliver(DELIVERED, message, "application/json")
    assert outbound.shipment(shipment).state is ShipmentState.DELIVERED
    received = [kept.number for kept in interfaces.messages(shipment) if kept.direction is Direction.IN]
    assert received == [json.loads(message)["message"]]


def test_what_comes_too_early_is_refused_and_taken_later(interfaces: Interfaces, outbound: Outbound, stage: Stage) -> None:
    shipment, _ = planned(stage, outbound)
    with refused(Reason.STATE):
        interfaces.deliver(DELIVERED, proof(stage, shipment), "application/json")
    assert not [kept for kept in interfaces.messages(shipment) if kept.direction is Direction.IN]
    outbound.ship(shipment)
    interfaces.deliver(DELIVERED, proof(stage, shipment), "application/json")
    assert outbound.shipment(shipment).state is ShipmentState.DELIVERED


def test_a_message_about_what_does_not_exist_is_refused_as_unknown(interfaces: Interfaces, stage: Stage) -> None:
    with refused(Reason.UNKNOWN):
        interfaces.deliver(DELIVERED, proof(stage, UNKNOWN), "application/json")


def test_a_mapping_table_is_read_in_the_order_of_its_rows(interfaces: Interfaces) -> None:
    for channel in (OUT, CONFIRMED):
        table = interfaces.mapping_table(channel)
        assert [field.position for field in table] == list(range(1, len(table) + 1))
        assert all(field.source and field.target for field in table)
        assert len({field.target for field in table}) == len(table) > 0


def test_a_document_nobody_knows_has_no_messages_and_no_alarms(interfaces: Interfaces) -> None:
    assert not interfaces.messages(UNKNOWN)
    assert not interfaces.alarms(UNKNOWN)
