"""The recorder: keeps what was said while a scenario runs, and no secrets."""

import json
import threading
from datetime import UTC, datetime

import pytest

from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.redaction import BODY_LIMIT, LOGIN, UNREADABLE, Redactor


def exchange(target="/orders", request="", answer=""):
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Exchange(at=at, seconds=0.1, role="sales", method="POST", target=target, request=request, status=200, answer=answer)


def test_only_the_running_scenario_is_kept():
    recorder = Recorder()
    recorder.on_exchange(exchange("/before"))
    recorder.begin()
    recorder.on_exchange(exchange("/during"))
    assert [kept.target for kept in recorder.so_far()] == ["/during"]
    assert [kept.target for kept in recorder.end()] == ["/during"]
    recorder.on_exchange(exchange("/after"))
    assert recorder.end() == ()


def test_the_next_scenario_starts_with_nothing():
    recorder = Recorder()
    recorder.begin()
    recorder.on_exchange(exchange())
    recorder.begin()
    assert recorder.so_far() == ()


def test_exchanges_of_several_threads_are_all_kept():
    recorder = Recorder()
    recorder.begin()
    together = threading.Barrier(8)

    def talk(name):
        together.wait()
        for number in range(200):
            recorder.on_exchange(exchange(f"/{name}/{number}"))

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [exchange.target for exchange in recorder.end()]
    assert sorted(kept) == sorted(f"/{name}/{number}" for name in range(8) for number in range(200))


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"password": "planted"}', '{"password": "[redacted]"}'),
        ('{"user": {"Api-Key": "planted", "name": "Li"}}', '{"user": {"Api-Key": "[redacted]", "name": "Li"}}'),
        ('[{"access_token": ["planted", "planted"]}]', '[{"access_token": "[redacted]"}]'),
        ('{"sessionId": 4711}', '{"sessionId": "[redacted]"}'),
        ('{"密码": "planted"}', '{"密码": "[redacted]"}'),
        ('{"note": "Authorization: Session YWRtaW46MTphYmM="}', '{"note": "Authorization: [redacted] [redacted]"}'),
        ('{"note": "use Bearer abcdefgh-planted"}', '{"note": "use Bearer [redacted]"}'),
        ('{"note": "see https://li:planted@erp/x"}', '{"note": "see https://li:[redacted]@erp/x"}'),
        ('{"note": "see /x?token=planted&lot=L1"}', '{"note": "see /x?token=[redacted]&lot=L1"}'),
        ('{"password": "planted', UNREADABLE),
        ("login=li&password=planted", UNREADABLE),
        ("<html>Your session planted has ended</html>", UNREADABLE),
        ('{"lot": "L1", "quantity": 1.10}', '{"lot": "L1", "quantity": 1.10}'),
        ('{"password": null, "has_password": true}', '{"password": null, "has_password": true}'),
        ("", ""),
    ],
)
def test_bodies_keep_no_secret(body, kept):
    assert Redactor().body(body) == kept


def test_an_exchange_that_logs_in_keeps_neither_body():
    asked = '{"method": "common.db.login", "params": ["admin", {"password": "planted"}]}'
    kept = Redactor().exchange(exchange("common.db.login", asked, '{"result": [1, "planted"]}'))
    assert (kept.target, kept.request, kept.answer) == ("common.db.login", LOGIN, LOGIN)


def test_targets_keep_no_secret():
    kept = Redactor().exchange(exchange("/orders?api_key=planted&lot=L1", "{}", '{"number": "SO1"}'))
    assert (kept.target, kept.request, kept.answer) == ("/orders?api_key=[redacted]&lot=L1", "{}", '{"number": "SO1"}')


SECRET = 'p"l#ä nted'


@pytest.mark.parametrize(
    "written", [SECRET, json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), "p%22l%23%C3%A4%20nted", "p%22l%23%C3%A4+nted"]
)
def test_the_profiles_passwords_are_found_however_they_are_written(written):
    assert "nted" not in Redactor([SECRET]).text(f"got {written} and more")
    assert "and more" in Redactor([SECRET]).text(f"got {written} and more")


def test_a_short_password_is_taken_out_as_a_word_only():
    assert Redactor(["abc"]).text("abc abcd x=abc") == "[redacted] abcd x=[redacted]"


def test_no_password_is_not_a_secret():
    assert Redactor([""]).text("an order") == "an order"


@pytest.mark.parametrize("text", ["shipment SH-1 left at 12:00", "two sessions of training", "the basics: lot L1"])
def test_texts_without_secrets_stay(text):
    assert Redactor(["planted"]).text(text) == text


def test_what_was_redacted_stays_as_it_is():
    redactor = Redactor()
    once = redactor.text('{"password": "planted"} token=planted Bearer planted-42')
    assert "planted" not in once
    assert redactor.text(once) == once


def test_long_bodies_are_cut():
    body = "x" * (BODY_LIMIT + 5)
    assert Redactor().body(body) == "x" * BODY_LIMIT + " [… 5 more characters]"


def test_a_body_too_long_to_read_that_names_a_secret_is_left_out():
    assert Redactor().body('{"token": "planted"' + " " * 1_000_000 + "}") == UNREADABLE
