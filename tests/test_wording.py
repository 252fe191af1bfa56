"""Wordings: what may stand in their places, and the phrases of the trade in both languages."""

from __future__ import annotations

import importlib
import inspect
import re
from datetime import date
from decimal import Decimal

import pytest
from pytest_bdd import parsers

from erp_testkit.data.labels import Damage
from erp_testkit.domain.documents import Disposition, LotStatus, OrderState, ReturnState, Role, ShipmentState
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.erp.ports import PORTS
from erp_testkit.standins.abilities import ABILITIES
from erp_testkit.steps import expects_refusal, given
from erp_testkit.steps.assertions import expect
from erp_testkit.steps.library import MODULES
from erp_testkit.steps.tables import rows
from erp_testkit.steps.vocabulary import (
    DAMAGES,
    DISPOSITIONS,
    LOT_STATES,
    ORDER_STATES,
    PHRASES,
    REASONS,
    RETURN_STATES,
    ROLES,
    SHIPMENT_STATES,
    STATES,
)
from erp_testkit.steps.wording import TYPES, Wording, day, name, names, number
from erp_testkit.steps.world import World

BELOW = ("datatable", "docstring", "world")


def steps():
    for module_name in MODULES:
        for function in vars(importlib.import_module(module_name)).values():
            if getattr(function, "__module__", None) == module_name and hasattr(function, "wordings"):
                yield function


def world() -> World:
    return World(lambda kind, alias: f"{kind}-{alias}", date(2026, 11, 30))


def test_names_stand_in_quotes_of_either_language() -> None:
    assert name('"pacemaker"') == name("“pacemaker”") == "pacemaker"
    assert names('"S1"') == names("“S1”") == ("S1",)
    assert names('"S1", "S2" and "S3"') == names("“S1”、“S2”和“S3”") == ("S1", "S2", "S3")


def test_numbers_are_exact() -> None:
    assert (number("3"), number("-1"), number("0.10")) == (Decimal(3), Decimal(-1), Decimal("0.10"))


@pytest.mark.parametrize(
    ("en", "zh", "offset"),
    [("today", "今天", 0), ("tomorrow", "明天", 1), ("yesterday", "昨天", -1), ("in 30 days", "30天后", 30), ("3 days ago", "3天前", -3)],
)
def test_days_are_counted_from_today(en: str, zh: str, offset: int) -> None:
    assert day(en) == day(zh) == offset


@pytest.mark.parametrize("place", PHRASES)
def test_a_phrase_means_one_thing(place: str) -> None:
    meanings: dict[str, object] = {}
    for en, zh, meaning in PHRASES[place]:
        for text in (en, zh):
            assert meanings.setdefault(text, meaning) == meaning
            assert TYPES[place](text) == meaning


def test_every_word_of_the_trade_has_a_phrase() -> None:
    assert {meaning for *_, meaning in REASONS} == set(Reason) - {Reason.OTHER, Reason.CONFLICT}
    assert {meaning for *_, meaning in ROLES} == set(Role)
    assert [meaning for *_, meaning in ORDER_STATES] == list(OrderState)
    assert [meaning for *_, meaning in SHIPMENT_STATES] == list(ShipmentState)
    assert [meaning for *_, meaning in RETURN_STATES] == list(ReturnState)
    assert [meaning for *_, meaning in LOT_STATES] == list(LotStatus)
    assert [meaning for *_, meaning in DISPOSITIONS] == list(Disposition)
    assert [meaning for *_, meaning in DAMAGES] == list(Damage)
    assert ("quotation", "报价", "quotation") in STATES


def test_every_step_takes_what_its_wordings_name_and_its_ports() -> None:
    for step in steps():
        parameters = set(inspect.signature(step).parameters) - {*PORTS, *ABILITIES, "partners", *BELOW}
        for said in step.wordings:
            assert set(parsers.parse(said.en, extra_types=TYPES).parser.named_fields) == parameters, said
            assert set(parsers.parse(said.zh, extra_types=TYPES).parser.named_fields) == parameters, said
        assert step.__doc__


def test_every_wording_has_chinese_beside_english() -> None:
    for step in steps():
        for said in step.wordings:
            assert not re.search(r"[一-鿿]", said.en)
            assert re.search(r"[一-鿿]", said.zh)


def test_a_step_carries_its_wordings() -> None:
    @given(en="{item:name} is there", zh="有{item:name}")
    @expects_refusal
    def there(item: str) -> None:
        """Be there."""

    assert there.wordings == (Wording("given", "{item:name} is there", "有{item:name}"),)
    assert there.expects_refusal


def test_an_alias_stands_for_one_code_of_its_kind() -> None:
    here = world()
    assert here.code("item", "pacemaker") == "item-pacemaker"
    here.remember("order", "O1", "SO-7")
    assert (here.code("order", "O1"), here.has("order", "O1"), here.has("order", "O2")) == ("SO-7", True, False)
    assert here.codes("item") == ("item-pacemaker",)
    assert here.says("order", "O1") == '"O1" (SO-7)'


def test_what_a_step_keeps_is_there_for_the_next() -> None:
    here = world()
    here.keep("trace", [1])
    assert here.kept("trace") == [1]
    with pytest.raises(UsageError) as caught:
        here.kept("scan")
    assert str(caught.value) == "Failed to look at the scan: expected an earlier step that asks the ERP for it, got none."


def test_a_refusal_is_kept_until_somebody_looks() -> None:
    here = world()

    def refuse() -> None:
        raise Refused(Reason.STOCK, "there are only 2")

    assert here.attempt(refuse) is None
    with pytest.raises(AssertionError) as wrong:
        here.expect_refusal(Reason.EXPIRED)
    assert str(wrong.value) == "Failed to be refused rightly: expected refusal (expired), got refused (stock): there are only 2."
    with pytest.raises(AssertionError) as none:
        here.expect_refusal(Reason.STOCK)
    assert str(none.value) == "Failed to be refused: expected refusal (stock), got success."
    here.attempt(refuse)
    here.expect_refusal(Reason.STOCK)
    assert here.refusal is None


def test_what_differs_is_shown_row_by_row() -> None:
    expect("count", expected=[], got=[])
    with pytest.raises(AssertionError) as caught:
        expect("trace forward", expected=[("CU-1", Decimal(5))], got=[])
    assert str(caught.value) == "Failed to trace forward: expected \n  CU-1 | 5, got nothing."


def test_tables_are_read_by_headings_of_either_language() -> None:
    assert rows([["item", "quantity"], ["stent", "4"], ["gauze", ""]]) == [{"item": "stent", "quantity": "4"}, {"item": "gauze"}]
    assert rows([["商品", "数量"], ["支架", "4"]]) == [{"item": "支架", "quantity": "4"}]


def test_an_unknown_heading_is_said_with_the_closest() -> None:
    with pytest.raises(UsageError) as caught:
        rows([["quantiti"], ["4"]])
    assert str(caught.value).startswith(
        "Failed to read data table: expected a known heading, got 'quantiti'. Did you mean 'quantity'? Valid values are: by, "
    )
