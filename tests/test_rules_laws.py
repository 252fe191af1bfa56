"""Every shipped rule, on every engine: silent over what is legal, and naming what is not."""

from __future__ import annotations

import pytest
import spoilt_business
import spoilt_goods
from ledgers import START, Story, rich
from spoiling import SPOILT, Spoil

from erp_testkit.domain.ledger import TABLES, Ledger, Value, time_text
from erp_testkit.rules.duckdb import DuckDbEngine
from erp_testkit.rules.rule import Checked, Rule, load_rules
from erp_testkit.rules.sqlite import SqliteEngine

assert spoilt_business and spoilt_goods  # importing them fills SPOILT
RULES = {rule.id: rule for rule in load_rules()}


def on_both(rule: Rule, ledger: Ledger) -> Checked:
    """Ask both engines, which must say the same."""
    (fast,) = SqliteEngine([rule]).check(ledger)
    (large,) = DuckDbEngine([rule]).check(ledger)
    assert fast == large
    return fast


@pytest.mark.parametrize(("rule", "spoil", "rows"), SPOILT, ids=[f"{rule}-{spoil.__name__}" for rule, spoil, _ in SPOILT])
def test_a_broken_law_is_named_on_every_engine(rule: str, spoil: Spoil, rows: list[dict[str, Value]]) -> None:
    story = rich()
    spoil(story)
    assert list(on_both(RULES[rule], story.ledger()).violations) == rows


def test_every_shipped_rule_has_a_violating_case() -> None:
    assert {rule for rule, _, _ in SPOILT} == set(RULES)


@pytest.mark.parametrize("engine", [SqliteEngine, DuckDbEngine])
def test_no_rule_alarms_where_everything_is_legal(engine: type[SqliteEngine] | type[DuckDbEngine]) -> None:
    checked = engine(tuple(RULES.values())).check(rich().ledger())
    assert [(one.rule.id, one) for one in checked if one.violations or one.missing or one.error or not one.kept] == []
    assert len(checked) == len(RULES)
    # The tubing of the story has a lot whose expiry date nobody knew when it left.
    nobody_knew = {"lot without an expiry date": 1}
    assert {one.rule.id: one.unknown for one in checked if one.unknown} == dict.fromkeys(
        ("nothing-expired-shipped", "shelf-life-kept"), nobody_knew
    )


def test_engines_agree_where_everything_is_wrong_at_once() -> None:
    story = rich()
    for _, spoil, _ in SPOILT:
        try:
            spoil(story)
        except ValueError:  # what this one spoils is gone already
            continue
    rules = tuple(RULES.values())
    fast, large = SqliteEngine(rules).check(story.ledger()), DuckDbEngine(rules).check(story.ledger())
    assert fast == large
    assert sum(1 for one in fast if one.violations) > len(rules) / 2


@pytest.mark.parametrize("engine", [SqliteEngine, DuckDbEngine])
def test_an_empty_ledger_exercises_no_rule(engine: type[SqliteEngine] | type[DuckDbEngine]) -> None:
    checked = engine(tuple(RULES.values())).check(Ledger(dict.fromkeys(TABLES, ())))
    assert [one for one in checked if any(one.counts) or one.missing or one.error] == []
    assert len(checked) == len(RULES)


@pytest.mark.parametrize("spoil", [None, *(spoil for _, spoil, _ in SPOILT)])
def test_a_subject_is_judged_once(spoil: Spoil | None) -> None:
    story = rich()
    if spoil is not None:
        spoil(story)
    engine = SqliteEngine(tuple(RULES.values()))
    engine.check(story.ledger())
    for rule in RULES.values():
        keys = [row[: len(rule.key)] for row in engine.subjects(rule)]
        # What is there twice in the story is two things under one name; the rules about numbers say so.
        if spoil is None or spoil.__name__ not in ("movement_processed_twice", "receipt_processed_twice", "callback_processed_twice"):
            assert len(set(keys)) == len(keys), rule.id


LOT_RULES = ("nothing-held-back-shipped", "nothing-expired-shipped", "shelf-life-kept")


def implant(lot: str | None) -> Story:
    """A recalled implant leaves, whose movements name the serial number only."""
    story = rich()
    for move in story.all("moves", serial="S3"):
        move["lot"] = None
    story.one("serials", serial="S3")["lot"] = lot
    story.add("lot_events", "pacemaker", "P-2", time_text(START), "recalled", None, None)
    story.one("lots", lot="P-2").update(expiry="2026-11-01", status="recalled")
    return story


@pytest.mark.parametrize("rule", LOT_RULES)
def test_the_lot_of_a_serial_number_is_known_where_only_the_serial_is(rule: str) -> None:
    checked = on_both(RULES[rule], implant("P-2").ledger())
    assert ("W3", "P-2", "S3") in {(row["shipment"], row["lot"], row["serial"]) for row in checked.violations}


@pytest.mark.parametrize("rule", LOT_RULES)
@pytest.mark.parametrize("without", [(), ("serials", "items")])
def test_a_movement_whose_lot_nobody_knows_is_unknown(rule: str, without: tuple[str, ...]) -> None:
    checked = on_both(RULES[rule], implant(None).ledger(*without))
    assert checked.unknown["movement without a lot"] == (2 if without else 1)  # then gloves may be tracked too
    named = [(row["item"], row["serial"]) for row in checked.unknown_rows if row["unknown_because"] == "movement without a lot"]
    assert ("pacemaker", "S3") in named


def unknown_price(story: Story) -> None:
    for line in story.all("order_lines", order_no="O1"):
        line["unit_price"] = None


def unknown_tax(story: Story) -> None:
    story.one("order_lines", order_no="O6")["tax_rate"] = None


def nobody_s_movement(story: Story) -> None:
    story.one("moves", document="W3", item="glove")["party"] = None


def no_document(story: Story) -> None:
    story.one("moves", document="T-1")["document"] = None


def waiting_for_nobody(story: Story) -> None:
    story.one("messages", message="MSG-W2").update(state="waiting", document=None)


def note_with_a_serial_nobody_knows(story: Story) -> None:
    story.one("delivery_note_lines", serial="S3")["lot"] = None
    story.one("serials", serial="S3")["lot"] = None


def shipped_at_no_time(story: Story) -> None:
    story.one("shipments", shipment="W3")["shipped_at"] = None


def order_elsewhere(story: Story) -> None:
    story.rows["orders"].remove(story.one("orders", order_no="O2"))


def return_of_what(story: Story) -> None:
    story.one("returns", return_no="RMA2")["shipment"] = None


def strange_state(story: Story) -> None:
    story.one("orders", order_no="O2")["state"] = "archived"


def item_nobody_knows(story: Story) -> None:
    story.rows["items"].remove(story.one("items", item="glove"))


def never_posted(story: Story) -> None:
    story.one("moves", document="T-1")["effective_on"] = None


def lot_off_the_books(story: Story) -> None:
    story.rows["lots"].remove(story.one("lots", lot="L2"))


def no_shelf_life_asked(story: Story) -> None:
    story.one("customers", customer="clinic")["min_shelf_life_days"] = None


def status_not_kept(story: Story) -> None:
    story.one("lots", lot="L2")["status"] = None


def serial_off_the_books(story: Story) -> None:
    story.rows["serials"].remove(story.one("serials", serial="S3"))
    story.one("receipts", serial="S3")["serial"] = None


@pytest.mark.parametrize(
    ("rule", "spoil", "unknown"),
    [
        ("credit-matches-return", unknown_price, {"goods without a price": 1}),
        ("order-totals-add-up", unknown_tax, {"unknown amount": 1}),
        ("right-customer", nobody_s_movement, {"shipment or movement without a customer": 1}),
        ("returned-after-shipped", nobody_s_movement, {"movement without a customer": 1}),
        ("audit-names-everything", no_document, {"movement without a document": 1}),
        ("messages-not-left-behind", waiting_for_nobody, {"message without a document": 1}),
        ("delivery-note-expiry", note_with_a_serial_nobody_knows, {"serial number without a lot": 1}),
        ("delivery-note-expiry", shipped_at_no_time, {"shipment without the time it left": 2}),
        ("delivery-note-expiry", lot_off_the_books, {"lot without a record": 1}),
        ("only-live-orders-ship", order_elsewhere, {"order not in the ledger": 1}),
        ("right-customer", order_elsewhere, {"order not in the ledger": 1}),
        ("return-matches-shipment", return_of_what, {"return without its shipment or customer": 1}),
        ("order-state-fits", strange_state, {"state the trade does not know": 1}),
        ("quantities-are-whole-units", item_nobody_knows, {"item without a record": 7}),
        ("tracked-goods-named", item_nobody_knows, {"item without a record": 3}),
        ("moved-within-run", never_posted, {"movement without a posting date": 1}),
        ("nothing-expired-shipped", lot_off_the_books, {"lot without a record": 1, "lot without an expiry date": 1}),
        ("shelf-life-kept", no_shelf_life_asked, {"customer without a shelf life to keep": 2, "lot without an expiry date": 1}),
        ("lot-record-follows-events", status_not_kept, {"lot record without a status": 1}),
        ("papers-keep-the-lot", serial_off_the_books, {"serial number whose lot is not on record": 1}),
        ("serial-keeps-its-lot", serial_off_the_books, {"serial number whose lot is not on record": 2}),
    ],
)
def test_what_cannot_be_judged_is_unknown_and_says_why(rule: str, spoil: Spoil, unknown: dict[str, int]) -> None:
    story = rich()
    spoil(story)
    checked = on_both(RULES[rule], story.ledger())
    assert (checked.unknown, checked.violations) == (unknown, ())
    assert {str(row["unknown_because"]) for row in checked.unknown_rows} == set(unknown)
