"""Mapping contract files: read, or told what is wrong with them, all at once and with the line."""

import re
import textwrap

import pytest
from legacy_erp import SETTINGS, contract

from erp_testkit import shipped
from erp_testkit.contracts.kinds import kind_of
from erp_testkit.contracts.mapping.contract import load
from erp_testkit.contracts.mapping.reading import read
from erp_testkit.contracts.mapping.sides import layout
from erp_testkit.domain.errors import UsageError

SHIPPED = sorted((shipped.CONTRACTS / "mappings").glob("*.yaml"))
RIGHT = """\
mapping:
  name: carrier.delivery
  title: Delivery to carrier
  direction: out
  table: erp
  source: {scene: shipped shipment}
  target: {partner: carrier, path: /consignments, format: json}
  fields:
    - {source: shipment.number, target: shipment, length: 20}
"""


def written(folder, text):
    file = folder / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def wrong(folder, text):
    file = written(folder, text)
    with pytest.raises(UsageError) as error:
        read(file)
    return str(error.value).replace(str(file), "mapping.yaml")


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_mapping_has_three_checks_with_stable_ids(file):
    assert kind_of(file, file.parent) == "mapping"
    loaded = load(file)
    assert [(check.id, check.writes) for check in loaded.checks] == [("fields", False), ("table", False), ("canary", True)]
    assert (loaded.kind, loaded.name) == ("mapping", file.stem)
    ports = {check.id: sorted(check.ports) for check in loaded.checks}
    assert ports == {"fields": [], "table": ["interfaces"], "canary": ["interfaces", "jobs", "master_data", "outbound", "sales", "stock"]}


def test_the_four_interfaces_ship():
    assert [(read(file).name, str(read(file).direction)) for file in SHIPPED] == [
        ("wms.confirmation", "in"),
        ("carrier.delivery", "out"),
        ("udi.shipment", "out"),
        ("wms.shipment", "out"),
    ]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_identifier_is_said_to_be_one(file):
    said = {one.target.rpartition(".")[2].casefold(): one.identifier for one in read(file).fields if one.identifier}
    assert set(said.values()) >= {"lot", "serial", "expiry"}


def test_a_mapping_without_ports_needs_none(tmp_path):
    loaded = load(written(tmp_path, contract()))
    assert [(check.id, check.ports) for check in loaded.checks] == [("fields", frozenset()), ("canary", frozenset())]


@pytest.mark.parametrize("format", SETTINGS)
def test_columns_have_places_in_every_record(tmp_path, format):
    mapping = read(written(tmp_path, contract(format)))
    lot = next(one for one in mapping.fields if one.identifier == "lot")
    assert mapping.target_path(lot) == {"json": "lines[].lot", "xml": "line[].lot", "csv": "[].lot", "fixed-width": "[].lot"}[format]


def test_an_example_of_a_text_is_a_text_and_keeps_its_zeros(tmp_path):
    field = (
        "    - {{source: customer.code, target: code, codes: [NO, SE], example: {}}}\n"
        "    - {{source: a, target: b, type: date, example: {}}}\n"
    )
    mapping = read(written(tmp_path, RIGHT + field.format("'0012'", "2028-02-29")))
    assert [one.example for one in mapping.fields] == [None, "0012", "2028-02-29"]
    assert mapping.fields[1].codes == {"NO": "NO", "SE": "SE"}
    assert wrong(tmp_path, RIGHT + field.format("0012", "2028-02-29")).splitlines()[1] == (
        "- line 10, mapping.fields[2].example: expected text, for the field is no figure, got 12."
    )


def test_an_identifier_never_changes_in_any_way(tmp_path):
    text = RIGHT + '    - {source: "lines[].lot", target: "lines[].lot", identifier: lot}\n'
    lot = read(written(tmp_path, text)).fields[1]
    assert (lot.never, lot.chars) == ({"truncate", "retype", "default", "case"}, "gs1")


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: carrier delivery
          direction: outwards
          titel: Delivery to carrier
          source: {scene: shipped shipment}
          target: {partner: carrier, path: consignments, format: json}
          fields:
            - {source: shipment.number, target: shipment, length: twenty}
            - {source: "lines[].lot", target: "lines[].lot", identifier: batch, never: [truncation]}
            - source: customer.code
              target: code
              type: txt
              target: customer
        """)
    assert wrong(tmp_path, text) == textwrap.dedent("""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 10:
        - line 1, mapping.title: expected text, got nothing.
        - line 2, mapping.name: expected letters, digits and . - _, got 'carrier delivery'.
        - line 3, mapping.direction: expected one of the valid values, got 'outwards'. Did you mean 'out'? Valid values are: in, out.
        - line 4, mapping.titel: unknown key. Did you mean 'title'? Valid values are: direction, fields, name, source, table, target, title.
        - line 6, mapping.target.path: expected a path that begins with /, got 'consignments'.
        - line 8, mapping.fields[1].length: expected a whole number of at least 1, got 'twenty'.
        - line 9, mapping.fields[2].identifier: expected one of the valid values, got 'batch'. Valid values are: expiry, gtin, lot, serial.
        - line 9, mapping.fields[2].never[1]: expected one of the valid values, got 'truncation'. Did you mean 'truncate'? Valid values are: case, default, retype, truncate.
        - line 12, mapping.fields[3].type: expected one of the valid values, got 'txt'. Did you mean 'text'? Valid values are: date, datetime, decimal, integer, text.
        - line 13, mapping.fields[3].target: expected each key once, got it twice.""")  # noqa: E501  # whole lines


def test_what_does_not_go_together_is_told(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: legacy
          title: Legacy
          direction: out
          source: {scene: planned shipment, format: csv}
          target: {partner: carrier, file: out/*.txt, format: fixed-width}
          fields:
            - {source: shipment.number, target: shipment}
            - {source: "lines[].lot", target: "lines[].lot", length: 20}
            - {source: x, target: date, length: 8, transform: {date: YYYYMMDD, constant: "20260101"}}
            - {target: kind, length: 2}
            - {source: y, target: quantity, length: 5, transform: {decimals: 2}, type: integer, codes: [a]}
        """)
    assert wrong(tmp_path, text) == textwrap.dedent("""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 10:
        - line 6, mapping.target: expected one of 'partner', 'document', 'get' and 'file', got partner, file.
        - line 6, mapping.target: expected the 'path' below the partner's address, got none.
        - line 8, mapping.fields[1]: expected a length beside a fixed-width target, got none.
        - line 9, mapping.fields[2]: expected the name of a column as source, got 'lines[].lot'. Next: leave lines[] out, every record is one
        - line 9, mapping.fields[2]: expected the name of a column as target, got 'lines[].lot'. Next: leave lines[] out, every record is one
        - line 10, mapping.fields[3]: expected either a source or a constant, got both.
        - line 10, mapping.fields[3]: expected type date or datetime beside a date pattern, got text.
        - line 11, mapping.fields[4]: expected either a source or a constant, got none.
        - line 12, mapping.fields[5]: expected type decimal beside decimals, got integer.
        - line 12, mapping.fields[5]: expected type text beside codes, got integer.""")  # noqa: E501  # whole lines


def test_columns_of_a_source_have_room_for_what_stands_there(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: legacy
          title: Legacy
          direction: in
          source:
            request: {system: old, path: /orders}
            message: no
            format: fixed-width
            settings: {counts: bytes, encoding: gb18030}
          target: {get: {system: old, path: "/orders/{order}"}, format: json}
          fields:
            - {source: order, target: order}
            - {source: expiry, target: expiry, type: date, length: 8, transform: {date: YYYYMMDD}}
            - {source: at, target: at, type: datetime, width: 19}
            - {source: unit, target: unit, length: 3, codes: {盒装: BOX}}
            - {source: lot, target: lot, length: 20}
            - {source: made, target: made, type: date, length: 8, width: 10, transform: {date: YYYYMMDD}}
            - {target: kind, transform: {constant: order}}
        """)
    assert wrong(tmp_path, text) == textwrap.dedent("""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 5:
        - line 7, mapping.source.message: expected 'message_width' beside a fixed-width source, got none.
        - line 12, mapping.fields[1]: expected a width or a length beside a fixed-width source, got none.
        - line 13, mapping.fields[2]: expected a width of at least 10 beside a fixed-width source, for values such as '9999-12-31', got 8.
        - line 14, mapping.fields[3]: expected a width of at least 20 beside a fixed-width source, for values such as '9999-12-31T23:59:59Z', got 19.
        - line 15, mapping.fields[4]: expected a width of at least 4 beside a fixed-width source, for values such as '盒装', got 3.""")  # noqa: E501  # whole lines


def test_a_partners_message_has_room_for_dates_as_its_side_writes_them(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: wms
          title: Confirmation
          direction: in
          source: {scene: planned shipment, message: no, message_width: 20, format: fixed-width}
          target: {document: delivery note}
          fields:
            - {source: shipment, target: shipment.number, length: 20}
            - {source: expiry, target: "lines[].expiry", length: 8, identifier: expiry, transform: {date: YYYYMMDD}}
        """)
    written_layout = layout(read(written(tmp_path, text)), "source")
    assert [(column.name, column.width) for column in written_layout.columns] == [("no", 20), ("shipment", 20), ("expiry", 8)]


def test_an_address_that_cannot_be_filled_in_is_told(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: legacy
          title: Legacy
          direction: out
          source: {request: {system: old, path: /orders, answer: {order.number: number}}, format: json}
          target: {get: {system: old, path: "/orders/{order.number}/{customer}/{lines[].lot}/{ordr}"}, format: json}
          fields:
            - {source: customer, target: customer}
            - {source: "lines[].lot", target: "lines[].lot"}
        """)
    assert (
        wrong(tmp_path, text)
        == textwrap.dedent("""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 2:
        - line 6, mapping.target.get.path: expected a source that a document has once, got 'lines[].lot'. Valid values are: customer, order.number.
        - line 6, mapping.target.get.path: expected a source that a document has once, got 'ordr'. Did you mean 'order.number'? Valid values are: customer, order.number.""")  # noqa: E501  # whole lines
    )  # whole lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "mapping: {name: a\n  title: b}\n",
            "Failed to read mapping contract mapping.yaml:2: expected YAML, got did not find expected ',' or '}'.",
        ),
        (
            "",
            "Failed to read mapping contract mapping.yaml: expected no mistakes, got 1:\n"
            "- line 1, the file: expected a table, got nothing.",
        ),
        ("- mapping\n", "- line 1, the file: expected a table, got ['mapping']."),
        ("mapping: carrier\n", "- line 1, mapping: expected a table, got 'carrier'."),
        (
            RIGHT.replace("shipped shipment", "shiped shipment"),
            "- line 6, mapping.source.scene: expected a scene, got 'shiped shipment'. Did you mean 'shipped shipment'? Valid values are: ",
        ),
        (RIGHT.replace("scene: shipped shipment", ""), "- line 6, mapping.source: expected either 'scene' or 'request', got none."),
        (
            RIGHT.replace("direction: out", "direction: in"),
            "- line 7, mapping.target: 'document' is required for an incoming interface of the ERP",
        ),
        (RIGHT.replace(", format: json", ""), "- line 7, mapping.target: expected the 'format' of what arrives, got none."),
        (
            RIGHT.replace("target: shipment", 'target: "lines[0].x"'),
            "- line 9, mapping.fields[1].target: expected names joined by dots, of which one may repeat, "
            "such as lines[].lot, got 'lines[0].x'.",
        ),
        (
            RIGHT.replace("source: shipment.number", 'source: "lines[].lot"'),
            "- line 9, mapping.fields[1]: expected a target that repeats, as its source does, got 'shipment'.",
        ),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path, text, message):
    assert message in wrong(tmp_path, text)


def test_a_file_that_is_no_text_says_so(tmp_path):
    file = tmp_path / "mapping.yaml"
    file.write_bytes(b"mapping: \xff")
    with pytest.raises(UsageError, match=re.escape("expected UTF-8, got byte 9 that is none.")):
        load(file)


def test_headers_that_cannot_be_sent_are_told(tmp_path):
    text = textwrap.dedent("""\
        mapping:
          name: legacy
          title: Legacy
          direction: in
          source:
            request:
              system: old
              path: /orders
              headers:
                X-Api-Key: "{key}"
                X Site: "12"
                Idempotency-Key: "{new}"
            format: json
          target: {get: {system: old, path: "/orders/{order}"}, format: json}
          fields:
            - {source: order, target: order}
        """)
    assert wrong(tmp_path, text) == textwrap.dedent("""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 2:
        - line 10, mapping.source.request.headers.X-Api-Key: expected printable ASCII, in braces only {token} or {new}, got '{key}'.
        - line 11, mapping.source.request.headers.X Site: expected the name of a header, such as X-Api-Key, got 'X Site'.""")


@pytest.mark.parametrize("format", ["csv", "fixed-width"])
def test_fixed_values_have_no_place_in_columns(tmp_path, format):
    text = textwrap.dedent(f"""\
        mapping:
          name: legacy
          title: Legacy
          direction: in
          source:
            request:
              system: old
              path: /orders
              body: {{kind: order, site: "12"}}
            format: {format}
          target: {{get: {{system: old, path: "/orders/{{order}}"}}, format: json}}
          fields:
            - {{source: order, target: order, length: 12}}
        """)
    assert (
        wrong(tmp_path, text)
        == textwrap.dedent(f"""\
        Failed to read mapping contract mapping.yaml: expected no mistakes, got 1:
        - line 9, mapping.source.request.body: expected none beside a {format} source, whose columns are the sources of the fields, got kind and site.""")  # noqa: E501  # whole lines
    )  # whole lines
