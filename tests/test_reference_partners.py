"""The reference ERP's webhooks out and callbacks in."""

import hmac
import json
import queue
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from erp_testkit.domain.documents import ShipmentState


@contextmanager
def listener(*statuses):
    """Run a partner's web server that answers with these statuses in turn, then 200; give its address and what it heard."""
    heard, answers = queue.Queue(), list(statuses)

    class Partner(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.put((self.headers["X-Signature-SHA256"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop(0) if answers else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribe(shop, url, channel):
    shop.wait_until_quiet()
    with shop.http() as http:
        assert http.post("/webhooks", json={"url": url, "secret": "shared", "channel": channel}).status_code == 201


def test_a_message_reaches_who_listens_signed_and_again_after_a_failure(shop):
    with listener(503) as (url, heard):
        subscribe(shop, url, "customer.order")
        customer, item = shop.customer(), shop.item()
        order = shop.order(customer, item)
        shop.erp.jobs.settle([item], 30)
        signature, body = heard.get_nowait()
        assert signature == hmac.new(b"shared", body, "sha256").hexdigest()
        assert json.loads(body)["content"] == {"order": order, "state": "confirmed"}
        assert heard.get_nowait() == (signature, body)
        (job,) = shop.erp.jobs.jobs(order)
        assert (job.state, job.attempts, job.error) == ("done", 2, None)
        with shop.http() as http:
            (message,) = http.get("/messages", params={"document": order}).json()
        assert (message["direction"], message["channel"], message["state"]) == ("out", "customer.order", "sent")
        with shop.http() as http:
            assert http.delete("/webhooks", params={"url": url}).status_code == 200


def test_a_job_that_never_succeeds_fails_with_its_reason(shop):
    with listener(*[500] * 5) as (url, heard):
        subscribe(shop, url, "wms.shipment")
        customer, item = shop.customer(), shop.lot_item()
        shipment = shop.plan(shop.order(customer, item), item, lot="L1")
        shop.erp.jobs.settle([item], 30)
        (job,) = shop.erp.jobs.jobs(shipment)
        assert (job.state, job.attempts, job.error) == ("failed", 5, "HTTPError: HTTP Error 500: Internal Server Error")
        assert heard.qsize() == 5
        assert [row["state"] for row in shop.ledger(item).tables["messages"] if row["document"] == shipment] == ["failed"]
        with shop.http() as http:
            assert http.delete("/webhooks", params={"url": url}).status_code == 200


def test_a_callback_that_comes_twice_is_done_once(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    shipment = shop.plan(shop.order(customer, item, 2), item, 2, lot="L1")
    message = {"message": shop.code("WMS"), "shipment": shipment}
    with shop.http() as http:
        assert [http.post("/callbacks/wms/shipments", json=message).status_code for _ in range(2)] == [200, 200]
        other = http.post("/callbacks/wms/shipments", json={**message, "shipment": "SH-0"})
        new = http.post("/callbacks/wms/shipments", json={**message, "message": shop.code("WMS")})
    assert shop.on_hand(item) == [("MAIN", "stock", "L1", None, 3, 0)]
    assert other.json() == {
        "reason": "duplicate",
        "message": f"Message {message['message']} on wms.shipped was received with other content.",
    }
    assert new.json() == {"reason": "state", "message": f"Shipment {shipment} is shipped: expected planned."}
    incoming = [row for row in shop.ledger(item).tables["messages"] if row["direction"] == "in"]
    assert [(row["message"], row["state"]) for row in incoming] == [(message["message"], "received")]


def test_the_carriers_proof_of_delivery_is_taken(shop):
    customer, item = shop.customer(), shop.lot_item(5)
    shipment = shop.shipped(customer, item, lot="L1")
    signed = datetime.now(UTC)
    proof = {"message": shop.code("POD"), "shipment": shipment, "receiver": "Dr. Wu", "at": signed.isoformat()}
    with shop.http() as http:
        assert [http.post("/callbacks/carrier/deliveries", json=proof).status_code for _ in range(2)] == [200, 200]
    delivered = shop.erp.outbound.shipment(shipment)
    assert (delivered.state, delivered.delivered_at) == (ShipmentState.DELIVERED, signed)
