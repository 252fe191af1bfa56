"""The canary, flown through a legacy ERP over HTTP that can be told what to do wrong."""

import csv
import io
import json
import re
import subprocess
import textwrap
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from erp_projects import KIT
from legacy_erp import SETTINGS, TABLE, UNITS, LegacyErp, World, contract, running

from erp_testkit.contracts.mapping.contract import load
from erp_testkit.domain.errors import UsageError

BY_ADDRESS = 'get: {system: legacy, path: "/orders/{order.number}"}'


@pytest.fixture
def flown(tmp_path):
    def flown(legacy, arrival=BY_ADDRESS, world=World, contract=contract):
        file = tmp_path / "legacy.yaml"
        file.write_text(contract(legacy.format, arrival), encoding="utf-8")
        canary = load(file).checks[-1]
        with running(legacy):
            return canary.run(world(legacy.url))

    return flown


def legacy(format="json", *, spoil=None, damage=None, **more):
    erp = LegacyErp(format, **more)
    erp.spoil = spoil or erp.spoil
    erp.damage = damage or erp.damage
    return erp


def filled(**sources):
    """Have targets filled from other targets."""
    return lambda rows: [{**row, **{target: row[source] for target, source in sources.items()}} for row in rows]


def changed(**changes):
    """Have the values of targets changed."""
    return lambda rows: [{**row, **{target: change(row[target]) for target, change in changes.items()}} for row in rows]


def found(judged):
    return {(broken.id, broken.place.rpartition(".")[2]) for broken in judged.findings}


def a_day_early(text):
    return (datetime.strptime(text, "%Y%m%d") - timedelta(days=1)).strftime("%Y%m%d")


@pytest.mark.parametrize("format", SETTINGS)
def test_what_arrives_as_promised_is_kept(flown, format):
    judged = flown(legacy(format))
    assert judged.findings == ()
    assert judged.coverage["documents"] == 15
    assert judged.counted == 15 * 9
    assert judged.coverage["one item on two lines"]
    assert judged.coverage["given by the sender"] == ["@number" if format == "xml" else "number"]


def test_every_kind_of_difficult_value_is_carried(flown):
    carried = flown(legacy()).coverage["values"]
    assert carried["lines[].lot"] == [
        "full width",
        "hyphens, dots and slashes",
        "leading zeros",
        "like a GS1 element string",
        "like a date",
        "like a number in scientific notation",
        "mixed case",
        "separators",
    ]
    assert set(carried["name"]) > {"Chinese", "Chinese in full width", "accents", "spaces"}
    assert set(carried["lines[].expiry"]) > {"29 February", "31 December", "last day of a month", "clocks go back (EU)"}
    assert carried["lines[].unit"] == ["code box", "code piece"]


@pytest.mark.parametrize("format", SETTINGS)
@pytest.mark.parametrize(
    ("spoil", "breach"),
    [
        (filled(lot="item", serial="lot", expiry="serial"), ("field-shift", "lot")),
        (filled(lot="serial", serial="lot"), ("field-swap", "lot")),
        (filled(lot="serial"), ("field-overwrite", "lot")),
        (filled(name="customer"), ("field-overwrite", "name")),
        (lambda rows: [{**row, "lot": rows[1 - place]["lot"]} for place, row in enumerate(rows)], ("field-overwrite", "lot")),
        (changed(lot=lambda text: text[:10]), ("field-truncated", "lot")),
        (changed(lot=lambda text: text[-10:]), ("field-truncated", "lot")),
        (changed(serial=lambda _: None), ("field-lost", "serial")),
        (changed(name=lambda _: "UNKNOWN"), ("field-defaulted", "name")),
        (changed(item=str.lower), ("field-case-changed", "item")),
        (changed(expiry=lambda text: text[:4] + text[6:] + text[4:6]), ("field-retyped", "expiry")),
        (changed(expiry=a_day_early), ("field-retyped", "expiry")),
        (lambda rows: rows[:1], ("line-lost", "")),
        (lambda rows: [*rows, rows[0]], ("line-added", "")),
    ],
)
def test_what_a_plain_document_shows_is_named_by_kind_and_field(flown, format, spoil, breach):
    judged = flown(legacy(format, spoil=spoil))
    assert found(judged) == {breach}
    assert judged.coverage["documents"] == 1


@pytest.mark.parametrize(
    ("format", "spoil", "breach", "smallest"),
    [
        ("json", changed(lot=lambda text: text[:18]), ("field-truncated", "lot"), "A" * 20),
        ("csv", changed(lot=lambda text: str(int(text)) if text.isdecimal() else text), ("field-retyped", "lot"), "01"),
        ("json", changed(lot=lambda text: int(text) if text.isdecimal() else text), ("field-retyped", "lot"), "01"),
        ("xml", changed(serial=lambda text: text.replace("&", "&amp;")), ("field-garbled", "serial"), "A&B"),
        ("xml", changed(serial=str.upper), ("field-case-changed", "serial"), "aA"),
        ("csv", changed(name=lambda text: text.encode("latin-1", "replace").decode("latin-1")), ("field-garbled", "name"), "京"),
        ("json", changed(name=lambda text: text.encode().decode("cp1252", "replace")), ("field-garbled", "name"), None),
        ("json", changed(name=lambda text: text.replace("'", "")), ("field-garbled", "name"), "A'B"),
        ("fixed-width", changed(quantity=lambda figure: min(int(figure), 9999)), ("field-defaulted", "quantity"), "100000"),
        ("json", changed(expiry=lambda day: day if day[4:] != "1231" else "99991231"), ("field-defaulted", "expiry"), None),
    ],
    ids=[
        "cut at 18",
        "zeros lost",
        "number",
        "escaped twice",
        "upper case",
        "latin-1",
        "mojibake",
        "quotes lost",
        "at most 9999",
        "31 December",
    ],
)
def test_what_only_difficult_values_show_is_shrunk_to_one_field_and_its_simplest_value(flown, format, spoil, breach, smallest):
    judged = flown(legacy(format, spoil=spoil))
    assert found(judged) == {breach}
    for broken in judged.findings:
        (line,) = [line for line in broken.message.splitlines() if line.startswith("  the smallest value that breaks it: ")]
        assert smallest is None or line.startswith(f"  the smallest value that breaks it: {smallest!r} in ")
        assert line.endswith("; all other fields held plain values")
    assert judged.coverage["documents"] < 40


@pytest.mark.parametrize("format", SETTINGS)
@pytest.mark.parametrize(("keys", "left"), [(("item",), 2), (("item", "lot"), 3), (("item", "expiry"), 3)])
def test_lines_of_one_item_that_become_one_are_found(flown, format, keys, left):
    def by_key(rows):
        return list({tuple(row[key] for key in keys): row for row in reversed(rows)}.values())[::-1]

    (broken,) = flown(legacy(format, spoil=by_key)).findings
    assert (broken.id, broken.severity) == ("line-lost", "blocker")
    assert f"expected 4, got {left}." in broken.message
    assert "  sent: each item on two lines, with two serial numbers or two lots" in broken.message


def test_lines_without_lot_and_serial_number_may_become_one(flown):
    def plainer(format, arrival):
        return "".join(line for line in contract(format, arrival).splitlines(keepends=True) if "identifier: " not in line)

    def by_item(rows):
        return list({row["item"]: row for row in rows}.values())

    table = tuple(column for column in TABLE if column[1] not in ("lot", "serial", "expiry"))
    judged = flown(legacy(table=table, spoil=by_item), contract=plainer)
    assert judged.findings == ()
    assert not judged.coverage["one item on two lines"]


def test_an_item_that_may_be_sent_only_once_is(flown):
    def once(format, arrival):
        return contract(format, arrival).replace("chars: code}", "chars: code, unique: true}")

    assert not flown(legacy(), contract=once).coverage["one item on two lines"]


def test_scientific_notation_is_named(flown):
    def through_a_spreadsheet(text):
        return text if "E" not in text or not text.replace("E", "").isdecimal() else f"{float(text):G}"

    (broken,) = flown(legacy(spoil=changed(lot=through_a_spreadsheet))).findings
    assert (broken.id, broken.place) == ("field-retyped", "lines[].lot")
    assert "expected '1E0', got '1', taken for a number" in broken.message


def in_october(day):
    return day[4:6] == "10" and day[6:] > "24"


def test_a_date_that_moves_only_when_clocks_change_is_found(flown):
    (broken,) = flown(legacy(spoil=changed(expiry=lambda day: a_day_early(day) if in_october(day) else day))).findings
    assert (broken.id, broken.place) == ("field-retyped", "lines[].expiry")
    assert "one day too early, as when a time zone is applied to a date" in broken.message
    assert "(clocks go back (EU))" in broken.message


def test_the_story_is_told_with_both_fields_the_values_and_the_line_of_the_contract(flown):
    (broken,) = flown(legacy(spoil=filled(lot="item", serial="lot"))).findings
    assert broken.message == textwrap.dedent("""\
        Failed to keep lines[].lot, lines[].serial of legacy.order in their places: expected each value in its own field, got them shifted down by 1 field.
          lines[].lot to lines[].lot: expected 'L-ZUGLLNAUITVT', got 'IT-SHKUJATKBIDV', the value of lines[].item (line 1)
          lines[].serial to lines[].serial: expected 'S-SWJRKSDPBJWI', got 'L-ZUGLLNAUITVT', the value of lines[].lot (line 1)
          promised in legacy.yaml:18
        Next: look at what writes the target""")  # noqa: E501  # whole lines
    assert broken.severity == "blocker"
    assert broken.evidence[0] == {
        "source": "lines[].lot",
        "target": "lines[].lot",
        "line": 1,
        "expected": "L-ZUGLLNAUITVT",
        "got": "IT-SHKUJATKBIDV",
        "value_of": "lines[].item",
    }


def test_a_single_field_is_told_in_one_sentence(flown):
    (broken,) = flown(legacy(spoil=filled(name="customer"))).findings
    assert broken.message == textwrap.dedent("""\
        Failed to carry customer.name to name of legacy.order: expected 'NA-ZLOGQILIJVOZ', got 'CO-UTVCMISIFQQB', which is the value of customer.code.
          promised in legacy.yaml:16
        Next: look at what writes the target""")  # noqa: E501  # whole lines
    assert broken.severity == "critical"


def test_a_value_that_also_stands_elsewhere_is_found(flown):
    def damage(text):
        return json.dumps({**json.loads(text), "remark": f"Lot {json.loads(text)['lines'][0]['lot']}"})

    (broken,) = flown(legacy(damage=damage)).findings
    assert (broken.id, broken.place) == ("field-overwrite", "remark")
    assert broken.message.splitlines()[0] == (
        "Failed to keep lines[].lot of legacy.order in its field alone: "
        "expected 'L-ZUGLLNAUITVT' nowhere else, got 'Lot L-ZUGLLNAUITVT' in remark."
    )


def test_lines_in_another_order_are_no_breach(flown):
    assert flown(legacy(spoil=lambda rows: rows[::-1])).findings == ()


def test_a_column_that_is_too_narrow_moves_all_behind_it(flown):
    narrow = tuple((source, target, 15 if target == "lot" else width) for source, target, width in TABLE)
    (broken,) = flown(legacy("fixed-width", table=narrow)).findings
    assert (broken.id, broken.place) == ("field-shift", "lot")
    assert broken.message.splitlines()[0] == (
        "Failed to carry lines[].lot to lot and all fields after it to legacy.order: "
        "expected each at its column, got them 5 characters too far left."
    )


def test_a_column_filled_by_bytes_instead_of_characters_is_found_by_chinese_names(flown):
    class ByBytes(LegacyErp):
        def column(self, row, target, width):
            text = super().column(row, target, width)
            return text.encode()[:width].decode(errors="ignore")

    (broken,) = flown(ByBytes("fixed-width")).findings
    assert (broken.id, broken.place) == ("field-shift", "name")
    assert "got them 2 characters too far left" in broken.message
    assert "'京' in customer.name (Chinese)" in broken.message


def test_another_encoding_than_promised_is_found(flown):
    damage = lambda text: text.encode("gb18030").decode(errors="surrogateescape")  # noqa: E731
    (broken,) = flown(legacy("fixed-width", damage=damage)).findings
    assert (broken.id, broken.place) == ("field-garbled", "name")
    assert "not in the encoding of the interface, so that all fields after it are displaced" in broken.message


def test_separators_that_are_not_quoted_shift_what_follows(flown):
    judged = flown(legacy("csv", damage=lambda text: text.replace('"', "")))
    assert {("field-truncated", "lot"), ("field-shift", "serial"), ("field-truncated", "name")} <= found(judged)
    assert all("'A;B' in " in broken.message for broken in judged.findings)


def test_a_value_the_system_refuses_though_the_contract_allows_it_is_told(flown):
    erp = legacy()
    erp.refuses = lambda body: ";" in body
    judged = flown(erp)
    assert found(judged) == {("value-refused", target) for target in ("lot", "serial", "name")}
    assert re.sub("request: curl .*A;B.*", "request: curl", judged.findings[0].message) == textwrap.dedent("""\
        Failed to carry a document through legacy.order: expected values the contract allows to be taken, got refused: legacy answered 422: not taken.
          promised in legacy.yaml:13
          request: curl
          the smallest value that breaks it: 'A;B' in lines[].lot of line 2 (separators); all other fields held plain values
        Next: let the interface take the value, or say in the contract which values there are (chars, length, codes)""")  # noqa: E501  # whole lines


def test_a_value_the_system_breaks_on_is_told(flown):
    erp = legacy()
    erp.fails = lambda body: "京" in json.dumps(json.loads(body), ensure_ascii=False)
    (broken,) = flown(erp).findings
    assert broken.id == "system-broke"
    assert "expected an answer below status 500, got 500 'null pointer'" in broken.message
    assert " in customer.name (Chinese" in broken.message


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (str.upper, ("field-case-changed", "customer")),
        (lambda code: str(int(code)) if code.isdecimal() else code, ("field-retyped", "customer")),
    ],
)
def test_a_code_the_system_takes_only_once_is_made_anew_for_each_document(flown, change, breach):
    taken = set()

    def refuses(body):
        code = json.loads(body)["customer"]["code"]
        known = code in taken
        taken.add(code)
        return known

    erp = legacy(spoil=changed(customer=change))
    erp.refuses = refuses
    assert found(flown(erp)) == {breach}


def test_a_document_that_never_arrives_is_told(flown):
    class Forgetful(LegacyErp):
        def take(self, order):
            number = super().take(order)
            del self.documents[number]
            return number

    (broken,) = flown(Forgetful()).findings
    assert (broken.id, broken.severity) == ("message-lost", "blocker")
    assert broken.message.splitlines()[0] == (
        "Failed to carry a document through legacy.order: expected the document at /orders/{order.number} within 0.3 s, got none."
    )


def test_what_arrives_as_something_else_is_told(flown):
    (broken,) = flown(legacy(damage=lambda _: "<html>")).findings
    assert broken.message.splitlines()[0] == (
        "Failed to carry a document through legacy.order: expected JSON, got Expecting value: line 1 column 1 (char 0), in '<html>'."
    )


def test_a_file_in_xml_may_say_its_encoding(flown, tmp_path):
    class InLatin(LegacyErp):
        def take(self, order):
            number = super().take(order)
            text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + self.documents[number]
            (self.drop / f"{number}.txt").write_bytes(text.encode("latin-1", "xmlcharrefreplace"))
            return number

    def in_latin(format, arrival):
        return contract(format, arrival).replace("{root: order}", "{root: order, encoding: latin-1}")

    (tmp_path / "out").mkdir()
    assert flown(InLatin("xml", drop=tmp_path / "out"), arrival='file: "out/*.txt"', contract=in_latin).findings == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda figure: figure[0] + "_" + figure[1:],
        lambda figure: f" {figure} ",
        lambda figure: figure.translate({0x31: 0xFF11, 0x34: 0xFF14}),
    ],
    ids=["underscore", "spaces", "full width"],
)
def test_a_figure_is_one_only_as_interfaces_write_it(flown, change):
    def spoil(rows):
        return [{**row, "quantity": change(str(row["quantity"]))} for row in rows]

    def any_decimals(format, arrival):
        return contract(format, arrival).replace("decimals: 0, ", "")

    (broken,) = flown(legacy(spoil=spoil), contract=any_decimals).findings
    assert (broken.id, broken.place) == ("field-garbled", "lines[].quantity")


MOMENTS = """\
mapping:
  name: legacy.moments
  title: Orders with a time
  direction: in
  source: {request: {system: legacy, path: /orders}, format: json}
  target: {get: {system: legacy, path: "/orders/{number}"}, within_seconds: 0.3, format: json}
  fields:
    - {source: number, target: number, chars: digits}
    - {source: at, target: at, type: datetime}
"""


@pytest.mark.parametrize(("length", "what"), [(10, "the time of day is lost"), (19, "the time zone is lost")])
def test_what_a_moment_lost_is_named(flown, length, what):
    class Shortens(TakesXml):
        def read(self, body):
            order = json.loads(body)
            return {**order, "at": order["at"][:length]}

    (broken,) = flown(Shortens(), contract=lambda *_: MOMENTS).findings
    assert broken.id == "field-retyped"
    assert broken.message.splitlines()[0].endswith(f", {what}.")


def test_a_drop_folder_is_read(flown, tmp_path):
    (tmp_path / "out").mkdir()
    erp = legacy("csv", drop=tmp_path / "out")
    assert flown(erp, arrival='file: "out/*.txt"').findings == ()
    assert len(list((tmp_path / "out").iterdir())) == 15


RECORDS = """\
mapping:
  name: legacy.file
  title: Order lines from a file
  direction: in
  source:
    request: {{system: legacy, path: /orders}}
    format: {source}
    settings: {settings}
  target:
    {arrival}
    within_seconds: 0.3
    format: {format}
  fields:
    - {{source: order, target: number, length: 12, chars: digits}}
    - {{source: item, target: "lines[].item", length: 20, chars: code}}
    - {{source: lot, target: "lines[].lot", length: 10, identifier: lot}}
"""


class TakesRecords(LegacyErp):
    """Takes records that each begin with the number of their order, and makes one document of them."""

    def __init__(self, source, spoil=lambda line: line):
        super().__init__()
        self.source, self.change = source, spoil

    def read(self, body):
        if self.source == "csv":
            return list(csv.DictReader(io.StringIO(body, newline=""), delimiter=";"))
        return [
            {"order": row[:12].rstrip(), "item": row[12:32].rstrip(), "lot": row[32:].rstrip()}
            for row in body.removesuffix("\n").split("\n")
        ]

    def take(self, rows):
        (number,) = {row["order"] for row in rows}
        lines = [self.change({"item": row["item"], "lot": row["lot"]}) for row in rows]
        self.documents[number] = json.dumps({"number": number, "lines": lines})
        return number


@pytest.mark.parametrize("source", ["csv", "fixed-width"])
@pytest.mark.parametrize(
    ("spoil", "breaches"),
    [
        (lambda line: line, set()),
        (lambda line: {**line, "lot": line["item"]}, {("field-overwrite", "lot")}),
        (lambda line: {**line, "lot": line["lot"].lower()}, {("field-case-changed", "lot")}),
    ],
    ids=["sound", "overwrites", "changes the case"],
)
def test_records_that_repeat_the_number_of_their_document_become_one(flown, source, spoil, breaches):
    settings = {"csv": '{separator: ";", ends: LF}', "fixed-width": "{ends: LF}"}[source]

    def records(format, arrival):
        return RECORDS.format(source=source, settings=settings, arrival=arrival, format=format)

    judged = flown(TakesRecords(source, spoil), arrival='get: {system: legacy, path: "/orders/{order}"}', contract=records)
    assert found(judged) == breaches, [broken.message for broken in judged.findings]


COLUMNS = """\
mapping:
  name: legacy.columns
  title: Order lines from a file of columns
  direction: in
  source:
    request: {{system: legacy, path: /orders}}
    format: fixed-width
    settings: {{ends: LF, {settings}}}
  target:
    get: {{system: legacy, path: "/orders/{{order}}"}}
    within_seconds: 0.3
    format: json
  fields:
    - {{source: order, target: number, length: 12, width: 14, chars: digits}}
    - {{source: name, target: "lines[].name", length: 8, {name}}}
    - {{source: expiry, target: "lines[].expiry", length: 8, width: 10, identifier: expiry, transform: {{date: YYYYMMDD}}}}
"""


class TakesColumns(LegacyErp):
    """Takes records of 14, 8 and 10 bytes or characters."""

    def __init__(self, encoding=None):
        super().__init__()
        self.encoding = encoding

    def read(self, body):
        return [self.cut(record) for record in body.removesuffix("\n").split("\n")]

    def cut(self, record):
        whole = record.encode(self.encoding) if self.encoding else record
        assert len(whole) == 32
        parts = (whole[:14], whole[14:22], whole[22:])
        return [(part.decode(self.encoding) if self.encoding else part).rstrip() for part in parts]

    def take(self, rows):
        (number,) = {row[0] for row in rows}
        lines = [{"name": name, "expiry": expiry.replace("-", "")} for _, name, expiry in rows]
        self.documents[number] = json.dumps({"number": number, "lines": lines})
        return number


@pytest.mark.parametrize(
    ("settings", "name", "encoding", "left_out"),
    [
        ("counts: bytes", "chars: text", "utf-8", {"control characters"}),
        ("counts: bytes, encoding: gb18030", "chars: any", "gb18030", {"control characters"}),
        ("counts: bytes, encoding: latin-1", "chars: text", "latin-1", {"control characters", "Chinese", "Chinese in full width"}),
        ("encoding: ascii", "chars: any", None, {"control characters", "Chinese", "Chinese in full width", "accents"}),
    ],
)
def test_a_source_of_columns_is_sent_what_it_has_room_for(flown, settings, name, encoding, left_out):
    judged = flown(TakesColumns(encoding), contract=lambda *_: COLUMNS.format(settings=settings, name=name))
    assert [broken.message for broken in judged.findings] == []
    assert {"Chinese", "Chinese in full width", "accents", "control characters"} - set(
        judged.coverage["values"]["lines[].name"]
    ) == left_out


def test_a_value_a_source_cannot_hold_is_a_mistake_of_the_contract(flown):
    with pytest.raises(UsageError) as mistake:
        flown(TakesColumns(), contract=lambda *_: COLUMNS.format(settings="counts: characters", name="identifier: gtin"))
    assert re.sub(r"'\d{14}'", "GTIN", str(mistake.value)) == (
        "Failed to write the source of legacy.columns: expected at most 8 characters on one line for name, got GTIN. "
        "Next: say in legacy.yaml what the source holds (width, chars, settings)"
    )


class TakesXml(LegacyErp):
    def take(self, order):
        self.documents[order["number"]] = json.dumps(order)
        return order["number"]

    def read(self, body):
        return {one.tag: one.text for one in ElementTree.fromstring(body)}


def test_a_source_in_xml_is_sent_no_control_characters(flown):
    contract = """\
mapping:
  name: legacy.xml
  title: Orders in XML
  direction: in
  source: {request: {system: legacy, path: /orders}, format: xml}
  target: {get: {system: legacy, path: "/orders/{number}"}, within_seconds: 0.3, format: json}
  fields:
    - {source: number, target: number, chars: digits}
    - {source: note, target: note, chars: any}
"""
    judged = flown(TakesXml(), contract=lambda *_: contract)
    assert [broken.message for broken in judged.findings] == []
    assert "bars and backslashes" in judged.coverage["values"]["note"]
    assert "control characters" not in judged.coverage["values"]["note"]


def test_a_target_that_counts_bytes_is_sent_as_many_as_it_takes(flown):
    class InBytes(LegacyErp):
        def column(self, row, target, width):
            text = "" if row[target] is None else str(row[target])
            assert len(text.encode()) <= width
            missing = width - len(text.encode())
            return "0" * missing + text if target == "quantity" else text + " " * missing

    def in_bytes(format, arrival):
        return contract(format, arrival).replace("{ends: LF}", "{ends: LF, counts: bytes}").replace("length: 40", "length: 8")

    table = tuple((source, target, 8 if target == "name" else width) for source, target, width in TABLE)
    judged = flown(InBytes("fixed-width", table=table), contract=in_bytes)
    assert [broken.message for broken in judged.findings] == []
    assert "Chinese in full width" in judged.coverage["values"]["name"]


def test_the_same_seed_carries_the_same_values(flown):
    bodies = []

    class Listening(World):
        def __init__(self, url):
            super().__init__(url)
            bodies.append(self.exchanges)

    for _ in range(2):
        flown(legacy(), world=Listening)
    first, second = ([exchange.request for exchange in exchanges if exchange.method == "POST"] for exchanges in bodies)
    assert first == second
    assert len(first) == 15


def test_a_user_drops_a_contract_into_a_folder_and_runs_it(tmp_path):
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "legacy.yaml").write_text(contract("csv"), encoding="utf-8")
    with running(legacy("csv", spoil=filled(lot="item", serial="lot"))) as erp:
        (tmp_path / "erp-testkit.toml").write_text(f'contracts = ["contracts"]\n[partners.legacy]\nurl = "{erp.url}"\n', encoding="utf-8")
        ended = subprocess.run([KIT, "run", "contracts"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "E   Failed to keep lot, serial of legacy.order in their places" in ended.stdout
    assert "Contracts     1       1      0            0" in ended.stdout


class Strict(LegacyErp):
    """Takes choices as well."""

    def row(self, number, order, line):
        unit = line["unit"]
        row = super().row(number, order, {**line, "unit": "piece"})
        return {**row, "unit": {True: "T", False: "F"}[unit] if isinstance(unit, bool) else UNITS[unit]}


@pytest.fixture
def declared(flown, tmp_path):
    """Fly a canary against a legacy ERP that takes only what the schema of the source allows."""

    def declared(lines, *, change=lambda text: text, **head):
        whole = {
            "properties": {
                "lines": {"type": "array", "items": {"properties": lines}},
                **{name: {"properties": properties} for name, properties in head.items()},
            }
        }
        (tmp_path / "order.json").write_text(json.dumps(whole), encoding="utf-8")
        erp = Strict()
        erp.refuses = lambda body: not jsonschema_rs.is_valid(whole, json.loads(body, parse_float=Decimal))

        def written(format, arrival):
            return change(contract(format, arrival)).replace("    format: json\n", "    format: json\n    schema: order.json\n", 1)

        return flown(erp, contract=written)

    return declared


@pytest.mark.parametrize("kind", ["integer", "number", ["number", "null"]])
def test_a_figure_is_sent_as_the_number_the_schema_of_the_source_says(declared, kind):
    assert declared({"quantity": {"type": kind}}).findings == ()


def test_a_figure_is_sent_as_a_text_where_the_schema_takes_one(declared):
    assert declared({"quantity": {"type": "string"}}).findings == ()


def test_a_choice_is_sent_as_the_boolean_the_schema_of_the_source_says(declared):
    def change(text):
        return text.replace("{piece: PCE, box: BX}", "{true: T, false: F}")

    assert declared({"unit": {"type": "boolean"}}, change=change).findings == ()


@pytest.mark.parametrize(
    "bounds",
    [
        {"quantity": {"type": "integer", "minimum": 1, "maximum": 20}},
        {"quantity": {"type": "integer", "exclusiveMinimum": 100, "maximum": 99999, "multipleOf": 5}},
        {"quantity": {"type": "string", "pattern": "^[1-9][0-9]?$"}},
        {"lot": {"type": "string", "minLength": 1, "maxLength": 6}},
        {"lot": {"type": "string", "pattern": "^[A-Z0-9-]{4,14}$"}},
        {"serial": {"type": "string", "pattern": "^SN[0-9]{6}$"}},
        {"item": {"enum": ["IT-1", "IT-2", "IT-3"]}},
        {"item": {"type": "string", "minLength": 18}},
        {"unit": {"enum": ["piece"]}},
    ],
    ids=json.dumps,
)
def test_values_keep_to_the_bounds_of_the_sources_schema(declared, bounds):
    judged = declared(bounds)
    assert [broken.message for broken in judged.findings] == []
    (name,) = bounds
    assert judged.coverage["values"][f"lines[].{name}"]


def test_a_code_the_system_takes_once_keeps_to_the_bounds_of_the_sources_schema(declared):
    judged = declared({}, customer={"code": {"type": "string", "pattern": "^[A-Z-]{3,15}$"}})
    assert [broken.message for broken in judged.findings] == []


def test_a_pattern_only_other_languages_know_is_no_bound(declared):
    assert "like a date" in declared({"lot": {"type": "string", "pattern": r"^[\p{L}\p{N}\p{P}\p{S}]+$"}}).coverage["values"]["lines[].lot"]


class Guarded(LegacyErp):
    """Wants headers, and keeps those of every request."""

    def __init__(self, status=401, **wanted):
        super().__init__()
        self.status, self.wanted, self.heard = status, wanted, []

    def turned_away(self, headers):
        self.heard.append(headers)
        return None if all(headers.get(name) == value for name, value in self.wanted.items()) else self.status


class WithToken(World):
    def system(self, name):
        return replace(super().system(name), token="k-2f8e91c7")


def with_headers(headers):
    return lambda format, arrival: contract(format, arrival).replace("path: /orders, ", f"path: /orders, headers: {headers}, ", 1)


@pytest.mark.parametrize("status", [401, 403])
def test_nobody_let_in_is_a_mistake_of_the_setup(flown, status):
    erp = Guarded(status, Authorization="Bearer another")
    with pytest.raises(UsageError) as mistake:
        flown(erp, world=WithToken)
    assert str(mistake.value) == (
        f"Failed to call legacy at {erp.url}: expected to be let in, got status {status}. "
        "Next: name the variable that holds the token as token_env under [partners.legacy] in erp-testkit.toml, "
        "or write source.request.headers into legacy.yaml"
    )


def test_a_value_answered_403_after_others_were_taken_is_a_finding(flown):
    erp = legacy()
    erp.refuses_with = 403
    erp.refuses = lambda body: "<" in body
    assert found(flown(erp)) == {("value-refused", target) for target in ("lot", "serial", "name")}


def test_headers_of_a_request_hold_the_token_and_something_new_for_each(flown):
    erp = Guarded(**{"X-Api-Key": "k-2f8e91c7", "X-Client": "kit"})
    headers = '{X-Api-Key: "{token}", X-Client: kit, Idempotency-Key: "order-{new}"}'
    assert flown(erp, world=WithToken, contract=with_headers(headers)).findings == ()
    assert all("Authorization" not in heard for heard in erp.heard)
    keys = [heard["Idempotency-Key"] for heard in erp.heard if "Idempotency-Key" in heard]
    assert len(keys) == len(set(keys)) == 15
    assert all(re.fullmatch("order-RE-[A-Z]{12}", key) for key in keys)


def test_what_was_refused_is_told_without_the_token(flown):
    erp = legacy()
    erp.refuses = lambda body: True
    (broken,) = flown(erp, world=WithToken).findings
    body = json.dumps({"kind": "order"})[:-1]
    assert broken.message.splitlines()[2].startswith(
        f"  request: curl -X POST -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' --data-binary '{body}, "
    )
    assert broken.message.splitlines()[2].endswith(f" {erp.url}/orders")
    assert "k-2f8e91c7" not in broken.message


def test_what_a_system_broke_on_is_told(flown):
    erp = legacy()
    erp.fails = lambda body: True
    (broken,) = flown(erp).findings
    assert broken.message.splitlines()[2].startswith("  request: curl -X POST -H 'Content-Type: application/json' --data-binary '{")


def test_a_file_is_read_when_it_no_longer_grows(flown, tmp_path):
    class Slowly(LegacyErp):
        def take(self, order):
            number = super().take(order)
            threading.Thread(target=self.drops, args=(number,)).start()
            return number

        def drops(self, number):
            with (tmp_path / "out" / f"{number}.txt").open("wb", buffering=0) as file:
                for line in self.documents[number].encode().splitlines(keepends=True):
                    file.write(line)
                    time.sleep(0.2)

    (tmp_path / "out").mkdir()

    def patient(format, arrival):
        return contract(format, arrival).replace("within_seconds: 0.3", "within_seconds: 5")

    judged = flown(Slowly("fixed-width"), arrival='file: "out/*.txt"', contract=patient)
    assert [broken.message for broken in judged.findings] == []


def test_a_drop_folder_that_is_not_there_is_a_mistake_of_the_setup(flown, tmp_path):
    with pytest.raises(UsageError) as mistake:
        flown(legacy("csv"), arrival='file: "out/new/*.txt"')
    assert str(mistake.value) == (
        f"Failed to look for files of legacy.order: expected a folder {tmp_path}/out/new, got none. "
        "Next: correct target.file in legacy.yaml, which is relative to that file, or make the folder"
    )
