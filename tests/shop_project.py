"""A project with an ERP in a few lines, for tests of what a run leaves: what a step asks for is what happens."""

import json
import os
import subprocess
import sys

from erp_testkit.rules.rule import load_rules

OTHER_RULES = len(load_rules()) - 1
"""The shop keeps orders only: enough for one rule."""

SHOP = """
import os
from datetime import UTC, datetime

from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.ledger import Ledger, time_text
from erp_testkit.erp.errors import ErpBroke, ErpUnreachable, Reason, Refused


class Sales:
    def __init__(self, on_exchange):
        self.on_exchange, self.orders = on_exchange, []

    def quote(self, customer):
        self.on_exchange(
            Exchange(
                at=datetime.now(UTC),
                seconds=0.01,
                role="sales",
                method="POST",
                target="/orders?token=planted-1",
                request='{"customer": "%s", "password": "planted-2"}' % customer,
                status=201,
                answer='{"number": "SO1"}',
            )
        )
        self.orders.append(dict(order_no=f"SO{len(self.orders)}", customer=customer, reference="R1", state="quotation"))

    def confirm(self, how):
        print("Authorization: Bearer planted-3")
        if how == "refused":
            raise Refused(Reason.STATE, "an order in this state is not confirmed")
        if how == "broke":
            raise ErpBroke("Failed to POST /orders: expected JSON, got a web page with token=planted-4.")
        if how == "gone":
            raise ErpUnreachable("Failed to POST /orders: expected an answer, got none.")
        if how == "dead":
            os._exit(3)
        if how == "stopped":
            raise KeyboardInterrupt
        assert how != "wrong", "expected confirmed, got quotation"

    amend = cancel = order = orders_with_reference = None.__eq__


class Books:
    def __init__(self, sales):
        self.sales = sales

    def read(self, items, since):
        rest = dict(net=None, tax=None, total=None, ordered_at=time_text(datetime.now(UTC)))
        return Ledger({"orders": [{**order, **rest} for order in self.sales.orders]})


class Shop:
    name = "Shop 1.0"

    def __init__(self, on_exchange):
        self.sales = Sales(on_exchange)
        self.ledger = Books(self.sales)

    def close(self):
        pass


def connect(connection):
    return Shop(connection.on_exchange)
"""

STEPS = """
import pytest
from pytest_bdd import given, parsers, then, when


@given(parsers.parse("a hospital"))
@given(parsers.parse("一家医院"))
def hospital(world, sales):
    world.code("item", "pump")
    sales.orders.clear()


@when(parsers.parse("it asks for:"))
def asks(sales, datatable):
    for row in datatable[1:]:
        sales.quote(row[0])


@when(parsers.parse("the order is {how}"))
@when(parsers.parse("订单{how}"))
def confirm(world, sales, how):
    world.attempt(lambda: sales.confirm(how))


@then(parsers.parse("the note says"))
def note(docstring):
    pass


@then(parsers.parse("all is well"))
@then(parsers.parse("一切正常"))
def well():
    pass


@then(parsers.parse("there is stock"))
def stocked(stock):
    pass
"""

ENGLISH = """
Feature: Sales
  What hospitals order.

  Rule: Orders
    @SAL-001 @severity:critical @risk:delivery @req:URS-4.2
    Scenario: A quotation becomes an order
      Two orders, told apart.
      Given a hospital
      When it asks for:
        | customer | quantity |
        | H1       | 3        |
      Then the note says
        \"\"\"
        Thank you
        \"\"\"
      And all is well

  @SAL-002
  Scenario Outline: An order is <how>
    Given a hospital
    When the order is <how>
    Then all is well

    Examples:
      | how       |
      | confirmed |
      | shipped   |

  @SAL-003
  Scenario: Nothing fits
    Given a hospital
    When the order is wrong
    Then all is well

  @SAL-004
  Scenario: The ERP says no
    Given a hospital
    When the order is refused
    Then all is well

  @SAL-005
  Scenario: The ERP answers nonsense
    Given a hospital
    When the order is broke
    Then all is well

  @SAL-006
  Scenario: Sent twice
    Given a hospital
    When it asks for:
      | customer |
      | H1       |
      | H1       |
    Then all is well

  @SAL-007
  Scenario: Needs what is not there
    Given a hospital
    Then there is stock

  @SAL-008
  Scenario: Accepted for now
    Given a hospital
    When the order is wrong
    Then all is well
"""

ENDS = """
Feature: Ends
  @END-001
  Scenario: The process is dead
    Given a hospital
    When the order is dead
    Then all is well

  @END-002
  Scenario: The run is stopped
    Given a hospital
    When the order is stopped
    Then all is well

  @END-003
  Scenario: The ERP is gone
    Given a hospital
    When the order is gone
    Then all is well
"""

CHINESE = """
# language: zh-CN
功能: 销售
  @SAL-001 @severity:critical
  场景: 报价单转为销售订单
    假如一家医院
    当订单confirmed
    那么一切正常
"""

CONFIG = """
[profiles.shop]
adapter = "shop:connect"
url = "http://127.0.0.1:9"
known = "known.toml"
users.manager = { name = "root", password_env = "SHOP_PASSWORD" }
"""

KNOWN = """
[[known]]
scenario = "SAL-008"
by = "step"
text = "expected confirmed"
reason = "The shop never confirms."
"""


class Results:
    """What a run left in its folder of Allure results."""

    def __init__(self, folder, done):
        self.folder = folder
        self.said = done.stdout + done.stderr
        self.exit_code = done.returncode
        self.all = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*-result.json")]

    def of(self, title):
        (result,) = [result for result in self.all if result["name"] == title]
        return result

    def text(self, owner, name):
        (source,) = [attachment["source"] for attachment in owner["attachments"] if attachment["name"] == name]
        return (self.folder / source).read_text(encoding="utf-8")


def run(folder, *arguments):
    files = {
        "erp-testkit.toml": CONFIG,
        "known.toml": KNOWN,
        "shop.py": SHOP,
        "conftest.py": STEPS,
        "en/sales.feature": ENGLISH,
        "en/ends.feature": ENDS,
        "zh-CN/sales.feature": CHINESE,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.lstrip(), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "--alluredir=results", *arguments]
    environ = {**os.environ, "SHOP_PASSWORD": "planted-5", "PYTHONPATH": str(folder)}
    return Results(folder / "results", subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False))
