"""What is said of a mapping without running it: against the schemas of both sides, and against a mapping table."""

import json
import textwrap
from dataclasses import replace

import pytest

from erp_testkit import shipped
from erp_testkit.contracts.mapping.contract import load
from erp_testkit.contracts.mapping.reading import read
from erp_testkit.contracts.mapping.static import judge
from erp_testkit.contracts.mapping.table import compare, read_csv
from erp_testkit.domain.documents import MappedField
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Severity
from erp_testkit.standins.reference.interface_fields import FIELDS

SHIPPED = sorted((shipped.CONTRACTS / "mappings").glob("*.yaml"))
IN_TABLE = "in the mapping table of carrier.delivery"
IN_CONTRACT = "in the contract of carrier.delivery: expected only its fields"
CARRIER = shipped.CONTRACTS / "mappings" / "delivery-to-carrier.yaml"
SOURCE = {
    "type": "object",
    "properties": {
        "number": {"type": "string", "maxLength": 12},
        "unit": {"enum": ["piece", "box"]},
        "lines": {
            "type": "array",
            "items": {
                "allOf": [{"$ref": "#/$defs/tracked"}],
                "properties": {"quantity": {"type": "string", "x-unit": "piece"}, "lotNumber": {"type": "integer"}},
            },
        },
    },
    "$defs": {
        "tracked": {"properties": {"lot": {"type": ["string", "null"], "maxLength": 20}, "expiry": {"type": "string", "format": "date"}}}
    },
}
TARGET = {
    "openapi": "3.0.3",
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["no", "lines"],
                "properties": {
                    "no": {"type": "string", "maxLength": 12, "pattern": "^[A-Z]{2}-"},
                    "uom": {"type": "string", "enum": ["PCE", "BX"]},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                },
            },
            "Line": {
                "type": "object",
                "required": ["batch", "qty"],
                "properties": {
                    "batch": {"type": "string", "nullable": True, "maxLength": 20},
                    "batchNo": {"type": "number"},
                    "shortBatch": {"type": "string", "maxLength": 10},
                    "expires": {"type": "string", "format": "date-time"},
                    "qty": {"type": "string", "x-unit": "box"},
                },
            },
        }
    },
}
HEAD = """\
mapping:
  name: old.order
  title: Orders
  direction: out
  source: {request: {system: old, path: /orders}, format: json, schema: source.json}
  target: {get: {system: old, path: /orders}, format: json, schema: "target.json#/components/schemas/Order"}
  fields:
"""
RIGHT = """\
    - {source: number, target: no, length: 12, example: AB-1}
    - {source: "lines[].lot", target: "lines[].batch", length: 20, identifier: lot, required: false, example: "0012"}
    - {source: "lines[].quantity", target: "lines[].qty", type: decimal, example: 3}
"""


@pytest.fixture
def mapped(tmp_path):
    def mapped(fields, head=HEAD):
        (tmp_path / "source.json").write_text(json.dumps(SOURCE), encoding="utf-8")
        (tmp_path / "target.json").write_text(json.dumps(TARGET), encoding="utf-8")
        file = tmp_path / "old.yaml"
        file.write_text(head + fields, encoding="utf-8")
        return read(file)

    return mapped


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_mappings_fit_both_sides(file):
    assert list(judge(read(file))) == []


def test_a_mapping_that_fits_is_kept(mapped):
    assert list(judge(mapped(RIGHT))) == []


def test_a_breach_says_where_and_what_next(mapped):
    (broken,) = judge(mapped(RIGHT.replace("length: 20, identifier: lot", "length: 15, identifier: lot")))
    assert (broken.id, broken.place, broken.severity) == ("identifier-unsafe", "lines[].batch", Severity.BLOCKER)
    assert broken.message == textwrap.dedent("""\
        Failed to fit the fields of old.order together: expected room for 20 characters of lines[].lot in lines[].batch, got 15.
          promised in old.yaml:9
        Next: correct the contract, or the side that is wrong""")
    assert broken.evidence == ({"source": "lines[].lot", "target": "lines[].batch", "line": 9},)


@pytest.mark.parametrize(
    ("fields", "breaches"),
    [
        (
            RIGHT.replace("    - {source: number, target: no, length: 12, example: AB-1}\n", ""),
            {("field-not-fed", "no"): "expected a source for no, which its schema requires, got none"},
        ),
        (
            RIGHT + "    - {source: unit, target: no, length: 12}\n",
            {("field-fed-twice", "no"): "expected one source for no, got number and unit"},
        ),
        (
            RIGHT + "    - {source: number, target: uom, codes: {AB-1: PCE}}\n",
            {("source-feeds-two", "uom"): "expected number to feed one field, got no and uom (say 'also: true' where it is meant)"},
        ),
        (RIGHT + "    - {source: number, target: uom, codes: {AB-1: PCE}, also: true}\n", {}),
        (
            RIGHT.replace("length: 20, identifier: lot", "length: 15, identifier: lot"),
            {("identifier-unsafe", "lines[].batch"): "expected room for 20 characters of lines[].lot in lines[].batch, got 15"},
        ),
        (
            RIGHT.replace("length: 12", "length: 10"),
            {("length-mismatch", "no"): "expected room for 12 characters of number in no, got 10"},
        ),
        (
            RIGHT.replace("length: 12", "length: 14"),
            {("length-mismatch", "no"): "expected room for 14 characters in no, got 12 in its schema"},
        ),
        (
            RIGHT + '    - {source: "lines[].lotNumber", target: "lines[].batchNo", identifier: serial}\n',
            {("identifier-unsafe", "lines[].batchNo"): "expected string for lines[].batchNo, got a source of type integer"},
        ),
        (
            RIGHT + '    - {source: "lines[].expiry", target: "lines[].expires", identifier: expiry}\n',
            {("type-mismatch", "lines[].expires"): "expected format date for lines[].expires, got a target of format date-time"},
        ),
        (
            RIGHT.replace("type: decimal", "type: decimal, unit: piece"),
            {("unit-mismatch", "lines[].qty"): "expected lines[].qty in piece, got a target in box"},
        ),
        (
            RIGHT + "    - {source: unit, target: uom, codes: {piece: PCE, box: CTN}}\n",
            {("codes-mismatch", "uom"): "expected codes of uom its schema knows, got CTN"},
        ),
        (
            RIGHT + "    - {source: unit, target: uom, codes: {piece: PCE}}\n",
            {("codes-mismatch", "uom"): "expected every code of unit in the list of uom, got none for box"},
        ),
        (
            RIGHT.replace("length: 12", "length: 12, required: false"),
            {("required-mismatch", "no"): "expected a value for no, which its schema requires, got a field that may stay empty"},
        ),
        (
            RIGHT.replace("identifier: lot", "identifier: lot, transform: {case: upper}"),
            {("identifier-unsafe", "lines[].batch"): "expected lines[].batch to keep its case, got a transform to upper case"},
        ),
        (
            RIGHT.replace("identifier: lot", "identifier: lot, type: integer"),
            {("identifier-unsafe", "lines[].batch"): "expected type text for lot lines[].batch, got integer"},
        ),
        (
            RIGHT.replace("identifier: lot", 'identifier: lot, transform: {pad: {side: left, with: "0"}}'),
            {("identifier-unsafe", "lines[].batch"): "expected lot lines[].batch not to be filled with zeros, which may be its own"},
        ),
        (
            RIGHT + '    - {source: "lines[].expiry", target: "lines[].shortBatch", identifier: expiry, transform: {date: YYMM}}\n',
            {("identifier-unsafe", "lines[].shortBatch"): "expected year, month and day in lines[].shortBatch, got the pattern YYMM"},
        ),
        (
            RIGHT.replace("example: AB-1", "example: AB-1234567890"),
            {("example-mismatch", "no"): "expected an example of no of at most 12 characters, got 'AB-1234567890'"},
        ),
        (
            RIGHT.replace("example: AB-1", "example: ab-1"),
            {("example-mismatch", "no"): "expected an example of no its schema takes, got 'ab-1'"},
        ),
        (
            RIGHT.replace("example: 3", "example: three"),
            {("example-mismatch", "lines[].qty"): "expected a figure as example of lines[].qty, got 'three'"},
        ),
        (
            RIGHT + '    - {source: "lines[].expiry", target: "lines[].shortBatch", type: date, example: 29.02.2028}\n',
            {
                (
                    "example-mismatch",
                    "lines[].shortBatch",
                ): "expected an example of lines[].shortBatch written as YYYY-MM-DD, got '29.02.2028'"
            },
        ),
    ],
)
def test_what_does_not_fit_is_told(mapped, fields, breaches):
    found = [(broken.id, broken.place, broken.message.splitlines()[0]) for broken in judge(mapped(fields))]
    assert bool(found) == bool(breaches)
    for (breach, place), what in breaches.items():
        assert any(
            (breach, place) == one[:2] and one[2].startswith(f"Failed to fit the fields of old.order together: {what}") for one in found
        )


def test_every_path_that_is_missing_is_told_with_its_line_and_the_closest(mapped):
    mapping = mapped(
        RIGHT + '    - {source: "lines[].lto", target: "lines[].batches"}\n    - {source: numer, target: "no.part"}\n'
        '    - {source: "number[].x", target: "line[].x"}\n'
    )
    with pytest.raises(UsageError) as wrong:
        list(judge(mapping))
    assert str(wrong.value).replace(str(mapping.file), "old.yaml") == textwrap.dedent("""\
        Failed to follow the paths of mapping contract old.yaml: expected each in the schema of its side, got 5 that are not:
        - line 11, source lines[].lto: expected 'lto' in lines, got none. Did you mean 'lot'? Valid values are: expiry, lot, lotNumber, quantity. (schema source.json)
        - line 12, source numer: expected 'numer' in it, got none. Did you mean 'number'? Valid values are: lines, number, unit. (schema source.json)
        - line 13, source number[].x: expected a list at number, got none. (schema source.json)
        - line 11, target lines[].batches: expected 'batches' in lines, got none. Did you mean 'batch'? Valid values are: batch, batchNo, expires, qty, shortBatch. (schema target.json#/components/schemas/Order)
        - line 13, target line[].x: expected 'line' in it, got none. Did you mean 'lines'? Valid values are: lines, no, uom. (schema target.json#/components/schemas/Order)
        Next: correct the path, or the schema it is looked for in""")  # noqa: E501  # whole lines


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "target.json#/components/schemas/Oder",
            "Failed to find /components/schemas/Oder in {}/target.json: there is no 'Oder'. Did you mean 'Order'?",
        ),
        ("missing.yaml#/x", "Failed to read contract {}/missing.yaml: expected a file that can be read, got No such file or directory."),
        ("circle.json#/a", "circle.json:1 a: expected '$ref' to lead somewhere, got '#/b': it leads in a circle: #/b -> #/a -> #/b"),
        ("broken.json", "Failed to read contract {}/broken.json:1: expected JSON, got Expecting value at column 1."),
    ],
)
def test_a_schema_that_cannot_be_read_is_told(mapped, tmp_path, place, message):
    (tmp_path / "circle.json").write_text('{"a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}', encoding="utf-8")
    (tmp_path / "broken.json").write_text("nothing", encoding="utf-8")
    mapping = mapped(RIGHT, HEAD.replace("target.json#/components/schemas/Order", place))
    with pytest.raises(UsageError) as wrong:
        list(judge(mapping))
    assert message.format(tmp_path) in str(wrong.value)


def test_a_circle_of_objects_is_no_trouble(mapped, tmp_path):
    (tmp_path / "tree.json").write_text(
        json.dumps({"properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}, "required": ["name"]}), encoding="utf-8"
    )
    mapping = mapped(
        "    - {source: number, target: name, length: 12}\n    - {source: unit, target: child.child.name, codes: [piece, box]}\n"
    )
    mapping = mapping.model_copy(update={"target": mapping.target.model_copy(update={"schema_": "tree.json"})})
    assert list(judge(mapping)) == []


def with_schemas(mapping, source, target):
    sides = {
        "source": mapping.source.model_copy(update={"schema_": source}),
        "target": mapping.target.model_copy(update={"schema_": target}),
    }
    return mapping.model_copy(update=sides)


@pytest.fixture
def against(mapped, tmp_path):
    """Judge fields against the schema of a target alone."""

    def against(schemas, *fields):
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.yaml"
        file.write_text(schemas, encoding="utf-8")
        mapping = mapped("".join(f"    - {{source: number, also: true, {field}}}\n" for field in fields))
        mapping = with_schemas(mapping, None, f"{file.name}#/S")
        return [(broken.id, broken.place, broken.message.splitlines()[0].partition(": ")[2]) for broken in judge(mapping)]

    return against


def unfed(*places):
    return [("field-not-fed", place, f"expected a source for {place}, which its schema requires, got none.") for place in places]


@pytest.mark.parametrize(
    "child",
    ["{$ref: '#/S'}", "{type: array, items: {$ref: '#/S'}}", "{anyOf: [{$ref: '#/S'}, {type: 'null'}]}", "{allOf: [{$ref: '#/S'}]}"],
)
def test_a_schema_that_requires_itself_asks_for_its_fields_once(against, child):
    schema = f"S: {{required: [child, name, no], properties: {{child: {child}, name: {{type: string}}, no: {{type: string}}}}}}\n"
    assert against(schema, "target: no, length: 12") == unfed("name")


def test_a_schema_composed_of_itself_is_read_once(against):
    fields = "properties: {a: {type: string}, b: {type: string}}"
    schema = f"S: {{allOf: [{{$ref: '#/S'}}, {{$ref: '#/T'}}], required: [a]}}\nT: {{oneOf: [{{$ref: '#/S'}}], {fields}}}\n"
    assert against(schema, "target: a") == []
    assert against(schema, "target: b") == unfed("a")


ORDER = "{required: [a, c, d], properties: {a: {type: string}, c: {type: string}, d: {required: [x, y], properties: {x: {}, y: {}}}}}"
NOTE = "{required: [b, c, d], properties: {b: {type: string}, c: {type: string}, d: {required: [x, z], properties: {x: {}, z: {}}}}}"


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_of_alternatives_only_what_all_of_them_require_must_be_fed(against, keyword):
    assert against(f"S: {{{keyword}: [{ORDER}, {NOTE}]}}\n", "target: c") == unfed("d.x")
    assert against(f"S: {{{keyword}: [{ORDER}, {{type: 'null'}}]}}\n", "target: c") == unfed("a", "d.x", "d.y")
    assert against(f"S: {{{keyword}: [{ORDER}, {NOTE}]}}\n", "target: a, required: false", "target: c", "target: d.x") == []


def test_of_what_a_schema_is_composed_of_everything_required_must_be_fed(against):
    assert against(f"S: {{allOf: [{ORDER}, {NOTE}]}}\n", "target: c") == unfed("a", "b", "d.x", "d.y", "d.z")


BESIDE = "S: {properties: {a: {$ref: '#/T', maxLength: 5}}}\nT: {$ref: '#/U', enum: [AB-1, B]}\nU: {type: string, maxLength: 8}\n"


@pytest.mark.parametrize("dialect", ["", "openapi: 3.1.0\n", "openapi: 3.2.0\n", "$schema: https://json-schema.org/draft/2020-12/schema\n"])
def test_what_stands_beside_a_reference_counts(against, dialect):
    assert against(dialect + BESIDE, "target: a, length: 8, codes: [AB-1, C]") == [
        ("length-mismatch", "a", "expected room for 8 characters in a, got 5 in its schema."),
        ("codes-mismatch", "a", "expected codes of a its schema knows, got C."),
    ]


@pytest.mark.parametrize("dialect", ["openapi: 3.0.3\n", "swagger: '2.0'\n", "$schema: http://json-schema.org/draft-07/schema#\n"])
def test_what_stands_beside_a_reference_counts_for_nothing_in_older_dialects(against, dialect):
    assert against(dialect + BESIDE, "target: a, length: 8, codes: [AB-1, C]") == []


def test_a_reference_may_be_percent_encoded(against):
    schema = "S: {properties: {a: {$ref: '#/T%20%7Bx%7D/own~1size'}}}\n'T {x}': {own/size: {type: string, maxLength: 5}}\n"
    assert against(schema, "target: a, length: 8") == [
        ("length-mismatch", "a", "expected room for 8 characters in a, got 5 in its schema.")
    ]


def test_codes_are_the_texts_they_are_written_as(against):
    schema = "S: {properties: {a: {type: string, enum: [yes, no, on, 2026-01-01]}}}\n"
    assert against(schema, 'target: a, codes: ["yes", "no", "on", "2026-01-01"]') == []
    assert against(schema.replace("on, ", ""), 'target: a, codes: ["on"]') == [
        ("codes-mismatch", "a", "expected codes of a its schema knows, got on.")
    ]


def rows(channel):
    return [
        MappedField(position=place, source=source, target=target, width=width)
        for place, (source, target, width) in enumerate(FIELDS[channel], 1)
    ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_reference_erp_is_seeded_with_what_the_contracts_say(file):
    mapping = read(file)
    assert list(compare(mapping, rows(mapping.name))) == []


def fed(table, **sources):
    return [replace(row, source=sources.get(row.target, row.source)) for row in table]


def test_a_shifted_mapping_table_is_told_with_fields_and_rows():
    table = fed(rows("carrier.delivery"), lot="lines[].item", serial="lines[].lot", expiry="lines[].serial")
    (broken,) = compare(read(CARRIER), table)
    assert (broken.id, broken.place, broken.severity) == ("field-shift", "lot", Severity.BLOCKER)
    assert broken.message == textwrap.dedent("""\
        Failed to find the right sources of lot, serial, expiry in the mapping table of carrier.delivery: expected each its own, got them shifted by 1 row.
          row 7: lot is fed from lines[].item, expected lines[].lot
          row 8: serial is fed from lines[].lot, expected lines[].serial
          row 9: expiry is fed from lines[].serial, expected lines[].expiry
          promised in delivery-to-carrier.yaml:22
        Next: correct the ERP's mapping table""")  # noqa: E501  # whole lines
    assert broken.evidence[0] == {"target": "lot", "expected": "lines[].lot", "got": "lines[].item", "row": 7}


def moved(table, first, second):
    """Let two rows change places; their positions are counted anew."""
    table = list(table)
    table[first - 1], table[second - 1] = table[second - 1], table[first - 1]
    return [replace(row, position=place) for place, row in enumerate(table, 1)]


@pytest.mark.parametrize(
    ("table", "found", "head"),
    [
        (
            fed(rows("carrier.delivery"), lot="lines[].serial", serial="lines[].lot"),
            {("field-swap", "lot")},
            f"Failed to find the right sources of lot, serial {IN_TABLE}: expected each its own, got them swapped.",
        ),
        (
            fed(rows("carrier.delivery"), lot="lines[].serial"),
            {("field-overwrite", "lot")},
            f"Failed to find the right source of lot {IN_TABLE}: expected lines[].lot, got lines[].serial in row 7.",
        ),
        (
            fed(rows("carrier.delivery"), lot="lines[].batch"),
            {("field-overwrite", "lot")},
            f"Failed to find the right source of lot {IN_TABLE}: expected lines[].lot, got lines[].batch in row 7.",
        ),
        (
            [row for row in rows("carrier.delivery") if row.target != "serial"],
            {("field-lost", "serial")},
            "Failed to find serial in the mapping table of carrier.delivery: expected a row that feeds it from lines[].serial, got none.",
        ),
        (
            [*rows("carrier.delivery"), MappedField(position=12, source="lines[].serial", target="lot", width=20)],
            {("field-doubled", "lot")},
            "Failed to find one source of lot in the mapping table of carrier.delivery: "
            "expected one row, got rows 7 (from lines[].lot) and 12 (from lines[].serial).",
        ),
        (
            [*rows("carrier.delivery"), MappedField(position=12, source="shipment.order", target="remark", width=20)],
            {("field-added", "remark")},
            f"Failed to find remark {IN_CONTRACT} in the mapping table, got row 12 from shipment.order.",
        ),
        (
            [replace(row, width=15) if row.target == "lot" else row for row in rows("carrier.delivery")],
            {("field-truncated", "lot")},
            f"Failed to find room for lot {IN_TABLE}: expected 20 characters for lines[].lot, got 15 in row 7.",
        ),
        (
            [replace(row, width=25) if row.target == "lot" else row for row in rows("carrier.delivery")],
            {("field-widened", "lot")},
            f"Failed to find room for lot {IN_TABLE}: expected 20 characters for lines[].lot, got 25 in row 7.",
        ),
        (
            moved(rows("carrier.delivery"), 7, 8),
            {("field-swap", "lot")},
            "Failed to find the columns of carrier.delivery in their order: expected lot, serial at place 7, got serial, lot.",
        ),
    ],
    ids=["swapped", "overwritten", "unknown source", "missing", "doubled", "added", "narrower", "wider", "columns change places"],
)
def test_what_is_wrong_in_a_mapping_table_is_told(table, found, head):
    broken = list(compare(read(CARRIER), table))
    assert {(one.id, one.place) for one in broken} == found
    assert broken[0].message.splitlines()[0] == head


def test_the_order_of_rows_does_not_matter_where_columns_have_names():
    assert list(compare(read(shipped.CONTRACTS / "mappings" / "shipment-to-wms.yaml"), moved(rows("wms.shipment"), 10, 11))) == []


TABLE = "position,source,target,width\n1,number,no,12\n2,lines[].lot,lines[].batch,20\n3,lines[].quantity,lines[].qty,\n"


def test_a_mapping_table_may_come_from_a_file(mapped, tmp_path):
    mapping = mapped(RIGHT, HEAD.replace("  source:", "  table: table.csv\n  source:", 1))
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    check = load(mapping.file).checks[1]
    assert (check.id, check.ports, check.line) == ("table", frozenset(), 5)
    assert check.run(None).findings == []
    (tmp_path / "table.csv").write_text(f'{TABLE}4,number,"remark\u2028two",\n', encoding="utf-8")
    (extra,) = check.run(None).findings
    assert "remark\u2028two" in extra.message
    (tmp_path / "table.csv").write_text(TABLE.replace("lines[].lot,", "number,"), encoding="utf-8")
    (broken,) = check.run(None).findings
    assert broken.message == textwrap.dedent("""\
        Failed to find the right source of lines[].batch in the mapping table of old.order: expected lines[].lot, got number in row 2.
          promised in old.yaml:10
        Next: correct table.csv""")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns position, source, target, width, got no rows."),
        ("source,target\na,b\n", "expected the columns position, source, target, width, got source, target."),
        ("position,source,target,width\n1,a,b,wide\n", "expected numbers as position and width in line 2, got "),
    ],
)
def test_a_mapping_table_that_cannot_be_read_is_told(tmp_path, text, message):
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as wrong:
        read_csv(file)
    assert f"Failed to read mapping table {file}: {message}" in str(wrong.value)


@pytest.mark.parametrize(("codes", "fits"), [("{true: Y, false: N}", True), ("{yes: Y, no: N}", False)])
def test_a_choice_may_be_a_boolean_of_the_source(mapped, tmp_path, codes, fits):
    mapping = mapped(f"    - {{source: urgent, target: unit, codes: {codes}}}\n")
    (tmp_path / "choice.json").write_text('{"properties": {"urgent": {"type": "boolean"}}}', encoding="utf-8")
    mapping = with_schemas(mapping, "choice.json", None)
    assert [broken.message.splitlines()[0] for broken in judge(mapping)] == (
        [] if fits else ["Failed to fit the fields of old.order together: expected string for unit, got a source of type boolean."]
    )
