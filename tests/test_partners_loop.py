"""The partners' stand-ins round the reference ERP, and served for a person."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from erp_projects import KIT
from partner_standins import INBOX, told, wait_for

from erp_testkit.domain.documents import ShipmentState


class Loop:
    """The reference ERP connected to partners that call it back."""

    def __init__(self, shop):
        user = next(iter(shop.started.users.values()))
        answer = httpx2.post(f"{shop.started.url}/token", json={"name": user.name, "password": user.password})
        self.shop, self.token = shop, answer.json()["token"]

    def connect(self, channel, partner, callback):
        self.shop.erp.interfaces.connect(channel, partner.url + INBOX[partner.name], partner.secret)
        partner.report_to(f"{self.shop.started.url}/callbacks/{callback}", self.token)

    def plan(self):
        item = self.shop.lot_item()
        number = self.shop.plan(self.shop.order(self.shop.customer(), item), item, lot="L1")
        self.shop.erp.jobs.settle([item], 30)
        return number

    def reports(self, partner, number, count=1):
        def found():
            return [one for one in partner.reported() if number in one.body]

        wait_for(lambda: len(found()) >= count)
        return [(one.status, one.answer) for one in found()]


@pytest.fixture
def loop(shop, calling):
    loop = Loop(shop)
    loop.connect("wms.shipment", calling["wms"], "wms/confirmations")
    loop.connect("carrier.delivery", calling["carrier"], "carrier/deliveries")
    yield loop
    for channel in ("wms.shipment", "carrier.delivery"):
        shop.erp.interfaces.disconnect(channel)
    for partner in calling.values():
        partner.behave()


def test_a_shipment_goes_round_from_the_erp_by_warehouse_and_carrier_to_delivered(loop, calling):
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number)] == [200]
    assert [status for status, _ in loop.reports(calling["carrier"], number)] == [200]
    assert loop.shop.erp.outbound.shipment(number).state == ShipmentState.DELIVERED


def test_a_duplicate_report_reaches_the_erp_twice(loop, calling):
    calling["wms"].misbehave("duplicate-callback")
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number, 2)] == [200, 200]


def test_a_late_report_is_on_its_way_later(loop, calling):
    calling["wms"].misbehave("late-callback", seconds=1)
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["wms"], number)] == [200]
    (received,) = [one for one in calling["wms"].received() if number in one.body]
    assert datetime.now(UTC) - received.at >= timedelta(seconds=1)


def test_reports_out_of_order_swap_each_two(loop, calling):
    calling["wms"].misbehave("out-of-order")
    first, second = loop.plan(), loop.plan()
    loop.reports(calling["wms"], first)
    order = [number for one in calling["wms"].reported() for number in (first, second) if number in one.body]
    assert order == [second, first]


def test_a_confirmation_of_the_former_version_lacks_serial_numbers(loop, calling):
    calling["wms"].misbehave("old-version")
    number = loop.plan()
    ((status, answer),) = loop.reports(calling["wms"], number)
    assert (status, "serial_no" in answer) == (422, True)
    (report,) = [one for one in calling["wms"].reported() if number in one.body]
    assert report.body.startswith("message,shipment_no,line_no,sku,lot_no,expiry_date,qty,confirmed_at\r\n")
    assert loop.shop.erp.outbound.shipment(number).state == ShipmentState.PLANNED


def test_a_proof_of_the_former_version_lacks_the_time_zone(loop, calling):
    calling["carrier"].misbehave("old-version")
    number = loop.plan()
    assert [status for status, _ in loop.reports(calling["carrier"], number)] == [422]
    (report,) = [one for one in calling["carrier"].reported() if number in one.body]
    assert "Z" not in json.loads(report.body)["at"]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_served_for_a_person_a_partner_says_where_it_is_and_what_it_wants(tmp_path, stop):
    (tmp_path / "erp-testkit.toml").write_text("")
    main = "from erp_testkit.cli.main import main; main()"
    command = [sys.executable, "-c", main, "standin", "serve", "--partner", "udi"]
    served = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    lines = [served.stdout.readline().split() for _ in range(5)]
    assert [line[:-1] for line in lines] == [["Partner", "udi", "at"], ["Token"], ["Secret"], ["Control"], ["Log"]]
    (url,), (token,) = lines[0][-1:], lines[1][-1:]
    answer = httpx2.get(f"{url}/submissions/NONE", headers={"Authorization": f"Bearer {token}"})
    assert told(answer) == (404, "There is no submission NONE.")
    served.send_signal(stop)
    assert served.stdout.read() == "\nCtrl-C stops it.\n\nStopped.\n"
    served.stdout.close()
    assert served.wait(timeout=60) == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_what_is_for_the_erp_does_not_fit_a_partner(tmp_path):
    command = [KIT, "standin", "serve", "--partner", "wms", "--database", "sqlite"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "Failed to serve partner 'wms': expected no --database, got one: it is for the reference ERP.\n"
