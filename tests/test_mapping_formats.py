"""The formats of mappings: what is written is read back equal, and what is wrong is told."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_testkit.contracts.mapping.formats import Column, Layout, Unreadable
from erp_testkit.contracts.mapping.model import Settings

NAMES = ("lot", "serial", "name")
TREE = [Column(path="head.number"), *(Column(path=f"lines[].{name}") for name in NAMES)]
FLAT = [Column(path=f"[].{name}", width=12) for name in NAMES]
FIGURE = Column(path="[].figure", width=12, side="left", fill="0")

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
xml_text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=12)
csv_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
line_text = xml_text.filter(lambda text: text == text.rstrip(" ") and text != "")
quickly = settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def lines(values, prefix):
    rows = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, values | st.none())), min_size=1, max_size=4)
    return rows.map(lambda rows: {f"{prefix}[{place}].{name}": value for place, row in enumerate(rows) for name, value in row.items()})


@quickly
@given(lines(any_text | st.integers() | st.booleans(), "lines"), any_text)
def test_json_is_read_as_it_was_written(places, number):
    layout = Layout(format="json", columns=TREE)
    assert layout.read(layout.write({"head.number": number, **places})) == {"head.number": number, **places}


@quickly
@given(lines(xml_text, "lines"), xml_text)
def test_xml_is_read_as_it_was_written(places, number):
    layout = Layout(format="xml", columns=TREE, settings=Settings(root="message"))
    assert layout.read(layout.write({"head.number": number, **places})) == {"head.number": number, **places}


@quickly
@given(lines(csv_text, ""), st.sampled_from(",;|\t"), st.booleans(), st.sampled_from(["LF", "CRLF"]))
def test_csv_is_read_as_it_was_written(places, separator, header, ends):
    layout = Layout(format="csv", columns=FLAT, settings=Settings(separator=separator, header=header, ends=ends))
    assert layout.read(layout.write(places)) == places


@quickly
@given(lines(line_text, ""), st.integers(0, 10**12 - 1), st.sampled_from(["LF", "CRLF"]), st.sampled_from(["characters", "bytes"]))
def test_fixed_width_is_read_as_it_was_written(places, figure, ends, counts):
    columns = [*(Column(path=column.path, width=48) for column in FLAT), FIGURE]
    layout = Layout(format="fixed-width", columns=columns, settings=Settings(ends=ends, counts=counts))
    whole = {**places, **{f"[{line}].figure": str(figure) for line in {place[1] for place in places}}}
    text = layout.write(whole)
    assert {len(record.encode() if counts == "bytes" else record) for record in layout.records(text)} == {3 * 48 + 12}
    assert layout.read(text) == whole


def test_a_known_fixed_width_record_is_cut_at_its_columns():
    columns = [Column(path="[].lot", width=6), Column(path="[].quantity", width=5, side="left", fill="0"), Column(path="[].name", width=4)]
    layout = Layout(format="fixed-width", columns=columns)
    assert layout.read("L-1   00003京协  \r\n0012  00000    \r\n") == {
        "[0].lot": "L-1",
        "[0].quantity": "3",
        "[0].name": "京协",
        "[1].lot": "0012",
        "[1].quantity": "0",
        "[1].name": None,
    }


def test_what_comes_after_the_last_column_has_a_place_of_its_own():
    layout = Layout(format="fixed-width", columns=[Column(path="[].lot", width=3)])
    assert layout.read("L-1SN-7\r\n") == {"[0].lot": "L-1", "[0].+1": "SN-7"}


def test_bytes_are_counted_in_the_encoding_of_the_interface():
    columns = [Column(path="[].name", width=6), Column(path="[].lot", width=3)]
    layout = Layout(format="fixed-width", columns=columns, settings=Settings(counts="bytes", encoding="gb18030"))
    text = layout.write({"[0].name": "京协", "[0].lot": "L-1"})
    assert text == "京协  L-1\r\n"
    assert layout.read(text) == {"[0].name": "京协", "[0].lot": "L-1"}


def test_a_csv_row_longer_than_its_header_keeps_what_is_too_many():
    layout = Layout(format="csv", columns=FLAT)
    assert layout.read('lot,serial\r\n"A,1",S-1,more\r\n') == {"[0].lot": "A,1", "[0].serial": "S-1", "[0].+1": "more"}


def test_a_column_whose_name_stands_again_is_another_one():
    layout = Layout(format="csv", columns=FLAT)
    assert layout.read("lot,qty,lot\r\nWRONG,1,RIGHT\r\n") == {"[0].lot": "WRONG", "[0].qty": "1", "[0].lot+2": "RIGHT"}


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "GBK", "GB18030", "UTF-16"])
@pytest.mark.parametrize("prolog", ['<?xml version="1.0" encoding="{}"?>', "\ufeff<?xml version='1.0' encoding = '{}' standalone='yes'?>"])
def test_xml_that_is_decoded_is_not_decoded_again(prolog, encoding):
    text = prolog.format(encoding) + '<a encoding="x"><b>ä髋</b></a>'
    assert Layout(format="xml", columns=[]).read(text) == {"@encoding": "x", "b": "ä髋"}


def test_xml_is_read_without_namespaces_and_with_attributes():
    layout = Layout(format="xml", columns=[Column(path="device[].lot"), Column(path="device[].@di")])
    text = '<m:s xmlns:m="urn:x"><m:no>1</m:no><m:device di="09521234543213"><m:lot>L&amp;1</m:lot><m:lot>L2</m:lot></m:device></m:s>'
    assert layout.read(text) == {"no": "1", "device[0].@di": "09521234543213", "device[0].lot": "L&1", "device[0].lot[1]": "L2"}


def test_json_keeps_the_digits_of_numbers():
    assert Layout(format="json", columns=()).read('{"qty": 3.10, "lot": 0}') == {"qty": Decimal("3.10"), "lot": 0}


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("json", "{", "expected JSON, got Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("xml", "<a><b></a>", "expected XML, got mismatched tag: line 1, column 8"),
        (
            "xml",
            '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            "expected XML, got EntitiesForbidden(name='b', system_id=None, public_id=None)",
        ),
        ("json", "[" * 100_000, "expected JSON, got one nested too deep to read"),
        ("xml", "<a>" * 2000 + "</a>" * 2000, "expected XML, got one nested too deep to read"),
        ("csv", 'lot\r\n"L-1', "expected CSV, got unexpected end of data"),
        ("csv", "", "expected a header row, got nothing"),
    ],
)
def test_a_text_of_another_format_is_told(format, text, message):
    with pytest.raises(Unreadable) as wrong:
        Layout(format=format, columns=FLAT).read(text)
    assert str(wrong.value) == message


def test_what_a_format_cannot_hold_is_told():
    with pytest.raises(Unreadable) as wide:
        Layout(format="fixed-width", columns=FLAT).write({"[0].lot": "L-1234567890123"})
    assert str(wide.value) == "expected at most 12 characters on one line for lot, got 'L-1234567890123'"
    with pytest.raises(Unreadable) as broken:
        Layout(format="fixed-width", columns=FLAT).write({"[0].lot": "L\n1"})
    assert str(broken.value) == "expected at most 12 characters on one line for lot, got 'L\\n1'"
    with pytest.raises(Unreadable) as foreign:
        Layout(format="fixed-width", columns=FLAT, settings=Settings(encoding="latin-1", counts="bytes")).write({"[0].lot": "批号"})
    assert str(foreign.value) == "expected characters that latin-1 has for lot, got '批号'"
    with pytest.raises(Unreadable) as control:
        Layout(format="xml", columns=TREE).write({"head.number": "L\x1d1"})
    assert str(control.value).startswith("expected values that XML can hold, got not well-formed (invalid token)")
