"""What changed between two runs: outcomes, rules, answers without their noise, figures, times; and the command's whole screen."""

import duckdb
import pytest
from click.testing import CliRunner
from compared_packs import exchange, pack, result
from gate_packs import violated

from erp_testkit.cli.compare import command
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.results import Outcome
from erp_testkit.gate.changes.before_after import Change, compare
from erp_testkit.gate.changes.noise import load_noise

ITEM = ("IT-ABCDEFGHIJKL", "IT-QWERTZUIOPAS")
"""One item's code in the run before and in the run after."""


def story(item, number, answer, **facts):
    """Return what a scenario says of an item and the order number the ERP gives."""
    return [
        exchange("POST", "/items", {"code": item, "name": f"Pump {item[-4:]}"}, {}, at=0),
        exchange("POST", "/orders", {"item": item, "quantity": "3"}, {"number": f"SO-{number}"}, at=1),
        exchange("GET", f"/orders/SO-{number}?item={item}", None, answer, at=2, **facts),
    ]


def order(item, number, **facts):
    """Return an order as the ERP tells it."""
    return {
        "number": f"SO-{number}",
        "item": item,
        "text": f"Order SO-{number} of {item}",
        "at": f"2026-11-23T09:00:0{number % 9}Z",
        **facts,
    }


@pytest.fixture
def both(tmp_path):
    def compared(before, after, noise=()):
        first = pack(tmp_path / "before", result(), exchanges=story(ITEM[0], 12, order(ITEM[0], 12, **before)))
        second = pack(tmp_path / "after", result(), exchanges=story(ITEM[1], 345, order(ITEM[1], 345, **after)))
        return compare(first, second, noise)

    return compared


def test_other_codes_numbers_and_times_are_no_change(both):
    found = both({"expiry": "2027-11-23", "hash": "0123456789abcdef0"}, {"expiry": "2027-11-23", "hash": "fedcba98765432100"})
    assert (found.changes, found.notes, found.compared, found.is_worse) == ([], [], 1, False)


@pytest.mark.parametrize("names", [("Chang and Nelson", "Roy"), ("Roy", "Chang and Nelson")])
def test_a_short_name_is_no_change_nor_does_it_make_one(tmp_path, names):
    def told(name, code):
        return [
            exchange("POST", "/suppliers", {"name": name}, {"name": name}, at=0),
            exchange("POST", "/receipts", {"lot": code}, {"lot": code}, at=1),
            exchange("GET", f"/lots/{code}", None, {"lot": code}, at=2),
        ]

    before, after = (
        pack(tmp_path / side, result(), exchanges=told(name, code))
        for side, name, code in zip(("before", "after"), names, ("L-ABCDEFGHIJKL", "L-QWERTZUIOPAS"), strict=True)
    )
    assert compare(before, after).changes == []


def test_the_order_of_a_list_is_no_change(both):
    assert both({"lots": ["L-ABCDEFGHIJKL", "none"]}, {"lots": ["none", "L-ZYXWVUTSRQPO"]}).changes == []


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"state": "shipped"}, {"state": "confirmed"}, ("$.state = shipped", "$.state = confirmed")),
        ({"expiry": "2027-11-23"}, {"expiry": "2027-11-24"}, ("$.expiry = 2027-11-23", "$.expiry = 2027-11-24")),
        ({"lot": "L-ABCDEFGHIJKL"}, {"lot": None}, ("$.lot = L-ABCDEFGHIJKL", "$.lot = None")),
        ({"lot": "0012"}, {"lot": "12"}, ("$.lot = 0012", "$.lot = 12")),
        ({"shipped": True}, {}, ("$.shipped = True", "$.shipped = absent")),
        # the item's code where its name was
        ({"title": "Pump IJKL"}, {"title": ITEM[1]}, ("$.title = Pump IJKL", f"$.title = {ITEM[1]}")),
    ],
)
def test_a_changed_value_is_a_change(both, before, after, shown):
    [change] = both(before, after).changes
    assert change == Change(kind="answer", where="SAL-001 (sales.feature): GET /orders/<SO 1>", before=shown[0], after=shown[1])


def test_a_field_that_means_nothing_is_left_out(both, tmp_path):
    file = tmp_path / "noise.toml"
    file.write_text('[[noise]]\noperation = "GET /orders/*"\nfield = "$.weather"\nreason = "Not ours."\n')
    weather = ({"weather": "rain"}, {"weather": "sun"})
    assert both(*weather, load_noise(file)).changes == []


def test_another_status_is_a_change_and_ends_the_story(tmp_path):
    before = pack(tmp_path / "before", result(), exchanges=story(ITEM[0], 12, order(ITEM[0], 12)))
    after = pack(tmp_path / "after", result(), exchanges=story(ITEM[1], 345, {"reason": "unknown"}, status=404))
    [change] = compare(before, after).changes
    assert (change.before, change.after) == ("GET /orders/<SO 1> → 200", "GET /orders/<SO 1> → 404")


def test_a_call_more_is_a_change(tmp_path):
    said = story(ITEM[0], 12, order(ITEM[0], 12))
    more = [*said, exchange("GET", "/jobs", None, [], at=3)]
    [change] = compare(pack(tmp_path / "a", result(), exchanges=said), pack(tmp_path / "b", result(), exchanges=more)).changes
    assert (change.where, change.before, change.after) == ("SAL-001 (sales.feature)", "nothing more", "GET /jobs → 200")


def test_answers_of_parallel_calls_are_not_compared_and_that_is_said(tmp_path):
    one = [exchange("GET", "/a", None, 1, at=0, seconds=2), exchange("GET", "/b", None, 2, at=1)]
    other = [exchange("GET", "/b", None, 2, at=0), exchange("GET", "/a", None, 3, at=1)]
    found = compare(pack(tmp_path / "a", result(), exchanges=one), pack(tmp_path / "b", result(), exchanges=other))
    assert (found.changes, found.notes) == ([], ["answers not compared in 1 tests that act from several sides at once"])


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (Outcome.KEPT, Outcome.BROKEN, True),
        (Outcome.KEPT, Outcome.KNOWN, True),
        (Outcome.KNOWN, Outcome.NOT_COVERED, True),
        (Outcome.KEPT, Outcome.ERROR, True),
        (Outcome.BROKEN, Outcome.KEPT, False),
        (Outcome.KNOWN, Outcome.KEPT, False),
    ],
)
def test_a_changed_outcome_is_worse_or_better(tmp_path, before, after, worse):
    found = compare(pack(tmp_path / "a", result(outcome=before)), pack(tmp_path / "b", result(outcome=after)))
    assert found.changes == [Change(kind="outcome", where="SAL-001 (sales.feature)", before=str(before), after=str(after), worse=worse)]


def test_a_test_that_did_not_run_again_is_worse_and_a_new_one_is_not(tmp_path):
    found = compare(pack(tmp_path / "a", result("SAL-001")), pack(tmp_path / "b", result("SAL-002")))
    assert [(change.where, change.before, change.after, change.worse) for change in found.changes] == [
        ("SAL-001 (sales.feature)", "kept", "not run", True),
        ("SAL-002 (sales.feature)", "not run", "kept", False),
    ]


def test_a_rule_that_held_and_does_not_hold_now_is_worse(tmp_path):
    before = pack(tmp_path / "a", result(rules=violated("fixed")), result("SAL-002"))
    after = pack(tmp_path / "b", result(rules=violated()), result("SAL-002", rules=violated()))
    assert [change for change in compare(before, after).changes if change.kind == "rule"] == [
        Change(kind="rule", where="fixed", before="violated in 1", after="held", worse=False),
        Change(kind="rule", where="stock-equals-moves", before="held", after="violated in 2", worse=True),
    ]


def test_an_operation_that_became_slow_is_told_by_its_median(tmp_path):
    def calls(seconds):
        return [exchange("GET", f"/orders/SO-{index}", None, {}, at=index, seconds=seconds) for index in range(1, 6)]

    found = compare(pack(tmp_path / "a", result(), exchanges=calls(0.01)), pack(tmp_path / "b", result(), exchanges=calls(0.02)))
    assert found.changes == [Change(kind="time", where="GET /orders/<SO>", before="10.0 ms", after="20.0 ms")]


def test_the_screen_and_the_exit_code(tmp_path):
    pack(tmp_path / "a", result(), result("SAL-002", outcome=Outcome.BROKEN))
    pack(
        tmp_path / "b",
        result(outcome=Outcome.BROKEN, rules=violated("right-customer")),
        result("SAL-002"),
        seed=8,
        partial="interrupted",
    )
    ended = CliRunner().invoke(command, [str(tmp_path / "a"), str(tmp_path / "b"), "--output", str(tmp_path / "changes.json")])
    assert ended.output == (
        "Before a, after b: 2 tests compared\n"
        "Note: seed differs: 7 before, 8 after\n"
        "Note: the run after is partial\n"
        "\n"
        "Outcomes (2)\n"
        "  ! SAL-001 (sales.feature)\n    before: kept\n    after:  broken\n"
        "  SAL-002 (sales.feature)\n    before: broken\n    after:  kept\n"
        "\n"
        "Rules (1)\n"
        "  ! right-customer\n    before: held\n    after:  violated in 1\n"
        "\n"
        "Worse.\n"
    )
    assert ended.exit_code == 1
    assert '"worse": true' in (tmp_path / "changes.json").read_text()


def test_two_equal_runs_are_0(tmp_path):
    for name in "ab":
        pack(tmp_path / name, result())
    ended = CliRunner().invoke(command, [str(tmp_path / "a"), str(tmp_path / "b")])
    assert (ended.output, ended.exit_code) == ("Before a, after b: 1 tests compared\n\nNothing is worse.\n", 0)


def test_noise_rules_with_mistakes_are_a_usage_error(tmp_path):
    file = tmp_path / "noise.toml"
    file.write_text('nois = 1\n[[noise]]\noperation = "*"\nfields = "x"\n')
    with pytest.raises(UsageError) as raised:
        load_noise(file)
    assert str(raised.value) == (
        f"Failed to read noise rules {file}: expected no mistakes, got 4:\n"
        "- line 1, nois: unknown key. Did you mean 'noise'? Valid values are: noise.\n"
        "- line 2, noise[1].field: expected text, got nothing.\n"
        "- line 2, noise[1].reason: expected text, got nothing.\n"
        "- line 4, noise[1].fields: unknown key. Did you mean 'field'? Valid values are: field, operation, reason."
    )


def test_figures_of_the_ledgers_are_compared(tmp_path):
    def with_ledgers(name, said, state):
        made = pack(tmp_path / name, result())
        (made.path / "ledgers").mkdir()
        came = "'X' AS from_place, 'supplier' AS from_kind, 'MAIN' AS to_place, 'stock' AS to_kind"
        moves = f"'A' AS item, NULL AS lot, NULL AS serial, 5 AS quantity, {came}"
        on_hand = f"'A' AS item, 'MAIN' AS place, NULL AS lot, NULL AS serial, {said} AS quantity"
        for table, columns in {"moves": moves, "on_hand": on_hand, "orders": f"'{state}' AS state"}.items():
            duckdb.execute(f"COPY (SELECT 'n' AS node, {columns}) TO '{made.path / 'ledgers' / table}.parquet' (FORMAT parquet)")
        return made

    found = compare(with_ledgers("a", 5, "shipped"), with_ledgers("b", 3, "confirmed"))
    assert [(change.where, change.before, change.after, change.worse) for change in found.changes] == [
        ("orders shipped", "1", "none", False),
        ("stock deviation, pieces", "0", "2", False),
        ("orders confirmed", "none", "1", False),
    ]
