"""A fixed vector read before an upgrade and again after it."""

import json
from datetime import date
from decimal import Decimal

import pytest
from click.testing import CliRunner

from erp_testkit.cli.invariants import command
from erp_testkit.domain.documents import LotRecord, LotStatus
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import Reason, Refused
from erp_testkit.gate.changes.invariants import Difference, Read, capture, differences, load_vector, plain

VECTOR = """\
[[read]]
port = "sales"
method = "order"
arguments = { order = "SO-1" }

[[read]]
port = "sales"
method = "orders_with_reference"
arguments = { customer = "C", reference = "R" }
"""


@pytest.fixture
def vector(tmp_path):
    file = tmp_path / "vector.toml"

    def written(text=VECTOR):
        file.write_text(text, encoding="utf-8")
        return file

    return written


class Sales:
    def __init__(self, orders):
        self._orders = orders

    def order(self, order):
        if order not in self._orders:
            raise Refused(Reason.UNKNOWN, "no such order")
        return self._orders[order]

    def orders_with_reference(self, customer, reference):
        return tuple(self._orders)


class Erp:
    name = "Any ERP 2"

    def __init__(self, orders):
        self.sales = Sales(orders)


LOT = LotRecord(item="A", lot="0012", expiry=date(2027, 1, 31), status=LotStatus.RELEASED, serials=("S1", "S2"))


def test_what_reads_the_same_makes_no_difference(vector):
    reads = load_vector(vector())
    assert list(differences(capture(Erp({"SO-1": LOT}), reads), capture(Erp({"SO-1": LOT}), reads))) == []


def test_every_value_that_reads_otherwise_is_named(vector):
    reads = load_vector(vector())
    after = LotRecord(item="A", lot="12", expiry=date(2027, 1, 31), status=LotStatus.RECALLED, serials=("S1",))
    found = list(differences(capture(Erp({"SO-1": LOT}), reads), capture(Erp({"SO-1": after, "SO-2": LOT}), reads)))
    order, both = reads[0].name, reads[1].name
    assert order == "sales.order(order='SO-1')"
    assert found == [
        Difference(read=order, path="lot", before="0012", after="12"),
        Difference(read=order, path="status", before="released", after="recalled"),
        Difference(read=order, path="serials[1]", before="S2", after="(absent)"),
        Difference(read=both, path="[1]", before="(absent)", after="SO-2"),
    ]


def test_a_refusal_is_an_answer():
    read = Read(port="sales", method="order", arguments={"order": "SO-9"})
    assert capture(Erp({}), [read]) == {read.name: {"refused": "unknown"}}


def test_numbers_and_times_are_kept_to_the_last_digit():
    assert plain({"q": Decimal("1.10"), "d": date(2027, 1, 31), "n": None, "b": True, "i": 3}) == {
        "q": "1.10",
        "d": "2027-01-31",
        "n": None,
        "b": True,
        "i": 3,
    }


def test_a_port_the_adapter_lacks_is_a_usage_error():
    with pytest.raises(UsageError) as raised:
        capture(Erp({}), [Read(port="stock", method="bins", arguments={})])
    assert str(raised.value) == "Failed to read the vector: expected an adapter with port stock, got Any ERP 2 without."


def test_all_mistakes_of_a_vector_are_told_at_once(vector):
    file = vector(
        '[[read]]\nport = "sale"\nmethod = "order"\n'
        '[[read]]\nport = "sales"\nmethod = "confirm"\narguments = { order = "1" }\n'
        '[[read]]\nport = "stock"\nmethod = "on_hand"\narguments = { items = "A" }\nargs = 1\n'
    )
    with pytest.raises(UsageError) as raised:
        load_vector(file)
    lines = str(raised.value).splitlines()
    assert lines[0] == f"Failed to read vector {file}: expected no mistakes, got 3:"
    assert [line.partition(". ")[0] for line in lines[1:]] == [
        "- line 2, read[1].port: expected the name of a port, got 'sale'",
        "- line 6, read[2].method: expected a method of port sales that only reads, got 'confirm'",
        "- line 12, read[3].args: unknown key",
    ]


def test_arguments_must_be_those_of_the_method(vector):
    with pytest.raises(UsageError) as raised:
        load_vector(vector('[[read]]\nport = "stock"\nmethod = "on_hand"\narguments = { items = "A" }\n'))
    assert str(raised.value).splitlines()[1:] == [
        "- line 4, read[1].arguments.items: expected a parameter of stock.on_hand, got 'items'. "
        "Did you mean 'item'? Valid values are: item, on.",
        "- line 4, read[1].arguments: expected a value for 'item', got none.",
    ]


def test_before_and_after_on_the_command_line(project, vector, tmp_path, monkeypatch):
    project.configure(head="", profile="")
    monkeypatch.chdir(project.path)
    files = [str(tmp_path / name) for name in ("before.json", "after.json")]
    for file in files:
        ended = CliRunner().invoke(command, ["capture", str(vector()), file])
        assert (ended.output, ended.exit_code) == (f"2 answers of Fake ERP 1.0 written to {file}\n", 0)
    same = CliRunner().invoke(command, ["compare", *files])
    assert (same.output.splitlines()[-1], same.exit_code) == ("2 answers, 0 differences", 0)
    data = json.loads((tmp_path / "after.json").read_text())
    data["answers"]["sales.order(order='SO-1')"] = "SO-01"
    (tmp_path / "after.json").write_text(json.dumps(data))
    other = CliRunner().invoke(command, ["compare", *files])
    assert other.output.splitlines()[-2:] == ["sales.order(order='SO-1') .: 'SO-1' before, 'SO-01' after", "2 answers, 1 differences"]
    assert other.exit_code == 1


def test_a_file_that_is_no_capture_is_a_usage_error(tmp_path):
    file = tmp_path / "x.json"
    file.write_text("{}")
    result = CliRunner().invoke(command, ["compare", str(file), str(file)])
    assert str(result.exception) == f"Failed to read capture {file}: expected answers in it, got none. Next: erp-testkit invariants capture"
