"""Resilience scenarios: faults do what they say, what cannot be done here is not covered, and everything is right again afterwards."""

import socket
import threading
from concurrent.futures import Future
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from erp_testkit.domain.documents import ShipmentState
from erp_testkit.standins.abilities import ABILITIES, ability_of
from erp_testkit.standins.reference import ReferenceStandIn
from erp_testkit.steps import resilience

LOST = """
Feature: Lost
  @OWN-001
  Scenario: An order whose answer was lost is entered once
    Given "stent" is a device tracked by lot
    And "City Hospital" is a hospital
    And a clerk's line to the ERP loses the answers
    When purchase order "PO1" of "City Hospital" for 3 of "stent" is entered over that line
    Then the clerk gets no answer
    And "City Hospital" has exactly one order for purchase order "PO1"

  @OWN-002
  Scenario: A scenario that leaves the ERP killed
    Given "stent" is a device tracked by lot
    When the ERP is killed
    And the ERP is started again
    Then the stock of "stent" is 0 on hand, 0 reserved and 0 available

  @OWN-003 @needs:containers
  Scenario: A full disk
    When the disk of the database is full

  @OWN-004
  Scenario: The database
    When the ERP loses its database
    And the ERP has its database again
"""


@pytest.fixture
def project(pytester):
    pytester.makefile(".feature", lost=LOST)
    pytester.makefile(".toml", **{"erp-testkit": ""})
    return pytester


def run(pytester, profile):
    pytester.makefile(".toml", **{"erp-testkit": f'default_profile = "here"\n[profiles.here]\n{profile}'})
    return pytester.runpytest_subprocess("-q", "-p", "no:randomly", "-p", "no:xdist", "lost.feature")


def not_covered(result):
    lines = result.stdout.lines
    start = lines.index("Not covered:") + 1
    return [line.strip() for line in lines[start:] if line.startswith("  ")]


def test_scenarios_spoil_the_reference_erp_and_it_is_kept(project):
    result = run(project, 'adapter = "reference"')
    assert result.ret == 0
    assert not_covered(result) == ["needs containers (--in containers): OWN-003"]


def test_without_a_database_server_there_is_none_to_lose(project):
    result = run(project, 'adapter = "reference"\noptions.database = "sqlite"')
    assert result.ret == 0
    assert not_covered(result) == ["ability Database: OWN-004", "needs containers (--in containers): OWN-003"]


def test_an_erp_the_kit_has_not_started_has_no_abilities(project, shop, monkeypatch):
    users = ""
    for role, user in shop.started.users.items():
        monkeypatch.setenv(f"PASSWORD_OF_{role}", user.password)
        users += f'[profiles.here.users.{role}]\nname = "{user.name}"\npassword_env = "PASSWORD_OF_{role}"\n'
    result = run(project, f'adapter = "reference"\nurl = "{shop.started.url}"\n{users}')
    assert not_covered(result) == [
        "ability Database: OWN-004",
        "ability Machine: OWN-002",
        "ability Network: OWN-001",
        "needs containers (--in containers): OWN-003",
    ]


def test_a_stand_in_that_does_not_run_can_do_nothing_to_itself(tmp_path):
    standin = ReferenceStandIn(tmp_path, {})
    assert [name for name in ABILITIES if ability_of(standin, name) is not None] == ["network", "second_line"]


def test_a_killed_erp_answers_at_its_address_again(tmp_path):
    standin = ReferenceStandIn(tmp_path, {"database": "sqlite"})
    try:
        started = standin.start(standin.prepare(), "test")
        standin.machine.kill()
        with pytest.raises(ConnectionRefusedError):
            reach(started.url)
        standin.machine.start()
        standin.machine.start()
        reach(started.url)
    finally:
        standin.stop()
        standin.finish()
    with pytest.raises(ConnectionRefusedError):
        reach(started.url)


def reach(url):
    parts = urlsplit(url)
    socket.create_connection((parts.hostname, parts.port), timeout=10).close()


def test_an_answer_that_never_comes_is_told(monkeypatch):
    monkeypatch.setattr(resilience, "_SECONDS", 0.01)
    world = SimpleNamespace(kept=lambda _: Future())
    with pytest.raises(AssertionError) as told:
        resilience.answered_at_last(world)
    assert str(told.value) == ("Failed to see an end of what is under way over that line: expected it within 0.01 s, got nothing of it.")


def test_a_call_that_does_not_end_with_the_erp_is_told(monkeypatch):
    monkeypatch.setattr(resilience, "_SECONDS", 0.01)
    ended = threading.Event()
    hanging = SimpleNamespace(ship=lambda _: ended.wait(0.5))
    line = SimpleNamespace(erp=SimpleNamespace(outbound=hanging), link=SimpleNamespace(add=lambda _: None))
    outbound = SimpleNamespace(shipment=lambda _: SimpleNamespace(state=ShipmentState.SHIPPED))
    world = SimpleNamespace(code=lambda *_: "SH-1", attempt=lambda action: action(), keep=lambda *_: None)
    with pytest.raises(AssertionError) as told:
        resilience.killed_before_answer(outbound, line, SimpleNamespace(kill=lambda: None), world, "SH1")
    assert str(told.value) == ("Failed to see an end of the call whose answer was kept back: expected it within 0.01 s, got nothing of it.")


def test_a_clock_goes_ahead_by_parts_of_days():
    ahead = []
    resilience.clock_ahead(SimpleNamespace(set_ahead=ahead.append), Decimal("1.5"))
    assert ahead == [timedelta(hours=36)]
