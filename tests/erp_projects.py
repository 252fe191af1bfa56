"""Projects for tests of the session: the fake ERP, its steps, and an address that answers."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

KIT = str(Path(sys.executable).parent / "erp-testkit")

STEPS = """
from decimal import Decimal

from pytest_bdd import given, parsers, then, when

from erp_testkit.steps import expects_refusal


@when(parsers.parse('order "{order}" is confirmed'))
def confirm(sales, world, order):
    world.attempt(lambda: sales.confirm(order))


@given(parsers.parse('item "{item}"'))
def item(world, item):
    world.code("item", item)


@then("it is refused")
@expects_refusal
def refused(world):
    assert world.take_refusal() is not None


@then(parsers.parse("{found:d} is {wanted:d}"))
def equal(found, wanted):
    assert found == wanted, f"expected {wanted}, got {found}"


@then("the recall is complete")
def recalled(recalls):
    pass


@then("another user confirms")
def another(access, order="A-2"):
    from erp_testkit.domain.documents import Role

    access.acting_as(Role.SALES).sales.confirm(order)


@then(parsers.parse('order "{order}" can be read'))
def readable(sales, order):
    assert sales.order(order) == order
"""

RULE = """\
-- id: two-pieces
-- title: Nobody has more than two pieces
-- title_zh: 任何库位不得超过两件
-- severity: critical
-- why: The shelf only holds two.
-- reference:
SELECT o.item, o.place, o.quantity <= 2 AS holds, o.quantity FROM on_hand o
"""

CONFIG = """
default_profile = "fake"
tags = ["slow"]
{head}
[profiles.fake]
adapter = "fake_erp:{adapter}"
url = "{url}"
timeout_seconds = 1
{profile}
[profiles.fake.users.manager]
name = "boss"
password_env = "BOSS_PASSWORD"
"""


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def answering_url():
    """An address where something answers, so that the ERP does not count as gone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Project:
    """A folder with a configuration, steps and features, in which pytest runs."""

    def __init__(self, pytester, url, cache):
        self.pytester = pytester
        self.path = pytester.path
        self.url = url
        (self.path / ".erp-testkit").mkdir()
        (self.path / ".erp-testkit" / "cache").symlink_to(cache)
        pytester.makeconftest(STEPS)
        self.configure()

    def configure(self, *, adapter="connect", profile="", head="", url=None):
        text = CONFIG.format(adapter=adapter, url=url or self.url, profile=profile, head=head)
        (self.path / "erp-testkit.toml").write_text(text, encoding="utf-8")

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def feature(self, *scenarios, name="orders.feature"):
        self.write(name, "Feature: Orders\n" + "".join(f"\n  {scenario}\n" for scenario in scenarios))

    def run(self, *arguments):
        return self.pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)

    def run_apart(self, *arguments):
        """Run pytest in a process of its own: with workers, and where it ends before it has begun."""
        return self.pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", *arguments)

    def kit(self, *arguments):
        """Run the kit's command line in a process of its own."""
        return self.pytester.run(KIT, *arguments)

    @property
    def folder(self):
        (found,) = (self.path / ".erp-testkit" / "runs").iterdir()
        return found

    def manifest(self):
        return json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))

    def events(self):
        lines = [line for file in self.folder.glob("events-*.jsonl") for line in file.read_bytes().splitlines()]
        return {(event := json.loads(line))["scenario"]: event for line in lines}


@pytest.fixture(scope="session")
def rule_cache(tmp_path_factory):
    """What was learned about the shipped rules, kept from one project to the next as it is from one run to the next."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(pytester, monkeypatch, answering_url, rule_cache):
    """A project whose profile is the fake ERP."""
    monkeypatch.setenv("BOSS_PASSWORD", "secret-of-the-boss")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    # Where it is set, every pytest process rewrites all its plugins again.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    return Project(pytester, answering_url, rule_cache)


def summary(result):
    """Return the lines the kit prints at the end, without time, seed and folder."""
    lines = result.outlines
    start = next(index for index, line in enumerate(lines) if line.startswith("=") and " erp-testkit " in line)
    rest = lines[start + 1 :]
    end = next(index for index, line in enumerate(rest) if line.startswith("Time: "))
    return rest[:end]
