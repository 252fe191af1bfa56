"""The partners' stand-ins: how they misbehave, who controls them, and what is kept secret."""

import json
import socket
import time
from pathlib import Path

import httpx2
import pytest
from partner_standins import new_number, send, shipment, signed_in, started, told, wait_for

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.standins.partners import PartnerStandIn


def test_a_proxy_of_the_environment_stands_between_nobody(tmp_path, monkeypatch, shop):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with started(tmp_path, "wms") as partners:
        partners["wms"].report_to(f"{shop.started.url}/callbacks/wms/confirmations", "no token")
        monkeypatch.undo()  # what sends here would go by it
        send(partners["wms"], json.dumps(shipment()))
        wait_for(partners["wms"].reported)
        (reported,) = partners["wms"].reported()
    assert reported.status == 401, reported


def test_the_first_messages_fail_and_the_next_ones_do_not(wms):
    wms.misbehave("fail-first", times=2, status=500)
    number, message = new_number("SHP"), new_number("MSG")
    assert [send(wms, json.dumps(shipment(number)), message).status_code for _ in range(4)] == [500, 500, 201, 201]
    assert [one.status for one in wms.received() if one.message == message] == [500, 500, 201, 201]


def test_a_refusing_partner_keeps_nothing(wms):
    wms.misbehave("refuse")
    number = new_number("SHP")
    assert told(send(wms, json.dumps(shipment(number)))) == (422, "The partner misbehaves, as it was told to.")
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == 404


def test_a_slow_partner_processes_at_once_and_answers_late(wms):
    wms.misbehave("slow", seconds=0.4)
    before = time.monotonic()
    assert send(wms, json.dumps(shipment())).status_code == 201
    assert time.monotonic() - before >= 0.4


def test_a_partner_that_talks_garbage_says_200_and_no_json(wms):
    wms.misbehave("garbage")
    number = new_number("SHP")
    answer = send(wms, json.dumps(shipment(number)))
    assert (answer.status_code, answer.text) == (200, "<<< this is no JSON >>>")
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == 200


@pytest.mark.parametrize(("way", "then"), [("cut", 200), ("cut-early", 404)])
def test_a_cut_connection_carries_not_one_byte_of_an_answer(wms, way, then):
    wms.misbehave(way)
    number, message = new_number("SHP"), new_number("MSG")
    body = json.dumps(shipment(number)).encode()
    host, port = wms.url.removeprefix("http://").split(":")
    head = f"POST /shipments HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {wms.token}\r\nX-Message-Id: {message}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        assert connection.recv(1) == b""
    assert [one.status for one in wms.received() if one.message == message] == [0]
    with signed_in(wms) as http:
        assert http.get(f"/shipments/{number}").status_code == then
    wms.behave()
    assert send(wms, body.decode(), message).status_code == 201


def test_misbehaviour_is_for_messages_only(wms):
    number = new_number("SHP")
    send(wms, json.dumps(shipment(number)))
    wms.misbehave("cut")
    with signed_in(wms) as http:
        assert http.post(f"/shipments/{number}/confirm").status_code == 200


def test_a_wrong_misbehaviour_is_told_with_what_there_is(wms):
    names = "cut, cut-early, duplicate-callback, fail-first, garbage, late-callback, old-version, out-of-order, refuse, slow"
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("fail-frist")
    assert str(wrong.value) == (
        "Failed to make a partner misbehave by 'fail-frist': expected one of its ways. "
        f"Did you mean 'fail-first'? Valid values are: {names}."
    )
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("slow", second=1)
    assert str(wrong.value) == (
        "Failed to set 'second' of misbehaviour 'slow': expected one of its options. Did you mean 'seconds'? Valid values are: seconds."
    )
    with pytest.raises(UsageError) as wrong:
        wms.misbehave("slow", seconds="long")
    assert str(wrong.value) == "Failed to set 'seconds' of misbehaviour 'slow': expected a number from zero, got 'long'."
    with pytest.raises(UsageError) as wrong:
        wms.report_to("file:///etc/passwd", "token")
    assert str(wrong.value) == ("Failed to know the ERP: expected an address that begins with http:// or https://, got file:///etc/passwd.")


def test_only_who_has_the_control_token_controls(wms):
    headers = {"Authorization": f"Bearer {wms.token}"}
    assert told(httpx2.get(f"{wms.url}/control/received", headers=headers)) == (
        401,
        "Expected Authorization: Bearer with the control token.",
    )
    own = {"Authorization": f"Bearer {wms.control}"}
    assert httpx2.get(f"{wms.url}/control/nothing", headers=own).status_code == 404
    assert httpx2.put(f"{wms.url}/control/misbehaviour", headers=own, content=b"no").status_code == 422


def test_secrets_stand_neither_on_the_command_line_nor_in_a_text_form(tmp_path):
    standin = PartnerStandIn("udi", tmp_path)
    partner = standin.start()
    lines = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _readable(file)]
    standin.stop()
    for secret in (partner.token, partner.secret, partner.control):
        assert not any(secret.encode() in line for line in lines)
        assert secret not in repr(partner)
    with pytest.raises(EnvironmentFailure, match=r"^Failed to reach the stand-in of partner 'udi' at http://127\.0\.0\.1:\d+: got "):
        partner.received()


def _readable(file):
    try:
        file.read_bytes()
    except OSError:
        return False
    return True


def test_a_partner_that_cannot_start_is_told(tmp_path):
    with pytest.raises(UsageError) as wrong:
        PartnerStandIn("wsm", tmp_path)
    assert str(wrong.value) == (
        "Failed to start partner 'wsm': expected one that has a stand-in. Did you mean 'wms'? Valid values are: carrier, udi, wms."
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFailure) as failure:
            PartnerStandIn("wms", tmp_path, port).start()
    assert str(failure.value) == f"Failed to listen on port {port}: expected a free one, got Address already in use."
