"""Documents over several files: every reference leads into one piece, and each place is known by its file and line."""

from pathlib import Path

import pytest

from erp_testkit.domain.errors import UsageError
from erp_testkit.specs.bundle import read
from erp_testkit.specs.document import BUNDLED


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write files, and read the first of them."""
    monkeypatch.chdir(tmp_path)

    def write(**texts):
        names = [name.replace("__", "/").replace("_", ".") for name in texts]
        for name, text in zip(names, texts.values(), strict=True):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        return read(Path(names[0]))

    return write


def test_references_within_a_file_stay(files):
    document = files(a_yaml="x: {$ref: '#/paths/~1a%7Bid%7D'}\npaths:\n  /a{id}: 7\n")
    assert document.spot("#/x").follow().value == 7
    assert document.content["x"] == {"$ref": "#/paths/~1a%7Bid%7D"}


def test_files_come_into_one_piece_and_keep_their_places(files):
    document = files(
        a_yaml="x: {$ref: 'sub/b.yaml#/defs/B'}\ny: {$ref: sub/c.json}\nz: 1\n",
        sub__b_yaml="defs:\n  B: {$ref: '#/defs/C'}\n  C: {$ref: 'c.json#/c'}\n  D: {$ref: '../a.yaml#/z'}\n",
        sub__c_json='{"c": {\n"type": "string"}}',
    )
    assert document.content == {
        "x": {"$ref": "#/x-bundled/sub~1b.yaml/defs/B"},
        "y": {"$ref": "#/x-bundled/sub~1c.json"},
        "z": 1,
        BUNDLED: {
            "sub/c.json": {"c": {"type": "string"}},
            "sub/b.yaml": {
                "defs": {
                    "B": {"$ref": "#/x-bundled/sub~1b.yaml/defs/C"},
                    "C": {"$ref": "#/x-bundled/sub~1c.json/c"},
                    "D": {"$ref": "#/z"},
                }
            },
        },
    }
    spot = document.spot("#/x").follow().get("type")
    assert (spot.value, spot.line, spot.place) == ("string", 2, "sub/c.json:2 c › type")
    assert list(document.others) == ["sub/b.yaml", "sub/c.json"]


def test_an_alias_that_holds_a_reference_is_written_once(files):
    document = files(
        a_yaml="x: {$ref: 'b.yaml#/S'}\n", b_yaml="ref: &ref {$ref: '#/L'}\nL: {type: string}\nS: {first: *ref, second: *ref}\n"
    )
    assert document.spot("#/x").follow().get("second").follow().value == {"type": "string"}


def test_data_is_no_reference_but_what_has_its_name_is_one(files):
    document = files(
        a_yaml="""\
a: {example: {$ref: nowhere}, enum: [{$ref: nowhere}], default: {$ref: nowhere}, examples: {one: {$ref: nowhere}}}
b: {properties: {default: {$ref: '#/S'}, $ref: {type: string}}, responses: {default: {$ref: '#/S'}}}
S: {type: string}
""",
    )
    assert document.spot("#/b/properties/default").follow().value == {"type": "string"}


def test_anchors_and_addresses(files):
    document = files(
        a_yaml="""\
a: {$ref: '#lot'}
b: {$ref: 'https://erp.example/serial'}
c: {$ref: 'b.yaml#lot'}
d: {$ref: 'https://erp.example/schemas/pack#box'}
defs:
  A: {$anchor: lot, type: string}
  B: {$id: 'https://erp.example/serial', type: integer, properties: {x: {$ref: '#/properties/y'}, y: {type: number}}}
""",
        b_yaml="$id: https://erp.example/schemas/pack\n$defs:\n  L: {$anchor: lot, $ref: c.yaml}\n  M: {$id: '#box', type: array}\n",
        c_yaml="$id: https://erp.example/schemas/other\ntype: boolean\n",
    )
    types = {key: document.spot(f"#/{key}").follow().value["type"] for key in "abcd"}
    assert types == {"a": "string", "b": "integer", "c": "boolean", "d": "array"}
    assert document.spot("#/defs/B/properties/x").follow().value == {"type": "number"}
    assert "$id" not in str(document.content)
    assert "$anchor" not in str(document.content)


def test_a_dynamic_reference_is_a_reference_where_only_one_thing_can_be_meant(files):
    document = files(a_yaml="T: {$dynamicAnchor: node, properties: {below: {type: array, items: {$dynamicRef: '#node'}}}}\n")
    assert document.content["T"] == {"properties": {"below": {"type": "array", "items": {"$ref": "#/T"}}}}


def test_a_discriminator_leads_into_the_bundle(files):
    document = files(
        a_yaml="x: {$ref: 'b.yaml#/S'}\n",
        b_yaml="S: {discriminator: {propertyName: kind, mapping: {lot: '#/L', serial: Serial}}}\nL: {}\n",
    )
    assert document.spot("#/x").follow().value["discriminator"]["mapping"] == {"lot": "#/x-bundled/b.yaml/L", "serial": "Serial"}


def test_all_references_that_lead_nowhere_are_told(files):
    with pytest.raises(UsageError) as caught:
        files(
            a_yaml="""\
a: {$ref: '#/defs/Oder'}
b: {$ref: 'https://erp.example/a.yaml'}
c: {$ref: none.yaml}
d: {$ref: 'b.yaml#/nothing'}
e: {$ref: '#lot'}
f: {$ref: 5}
defs: {Order: {}}
""",
            b_yaml="x: {$ref: '#/z'}\n",
        )
    assert str(caught.value).splitlines() == [
        "Failed to read contract a.yaml: expected no mistakes, got 7:",
        f"- Failed to read contract {Path.cwd() / 'none.yaml'}: expected a file that can be read, got No such file or directory.",
        "- a.yaml:1 a: expected '$ref' to lead somewhere, got '#/defs/Oder': "
        "there is no 'Oder'. Did you mean 'Order'? Valid values are: Order.",
        "- a.yaml:2 b: expected '$ref' to lead somewhere, got 'https://erp.example/a.yaml': only files and '#/…' can be followed",
        "- a.yaml:4 d: expected '$ref' to lead somewhere, got 'b.yaml#/nothing': there is no 'nothing'. Valid values are: x.",
        "- a.yaml:5 e: expected '$ref' to lead somewhere, got '#lot': there is no $anchor 'lot'",
        "- a.yaml:6 f: expected '$ref' to lead somewhere, got 5: it is no text",
        "- b.yaml:1 x: expected '$ref' to lead somewhere, got '#/z': there is no 'z'. Valid values are: x.",
    ]


def test_references_that_lead_in_a_circle(files):
    with pytest.raises(UsageError) as caught:
        files(a_yaml="a: {$ref: '#/b'}\nb: {$ref: '#/a'}\nc: {properties: {c: {$ref: '#/c'}}}\n")
    assert str(caught.value).splitlines()[1:] == [
        "- a.yaml:1 a: expected '$ref' to lead somewhere, got '#/b': it leads in a circle: #/b -> #/a -> #/b"
    ]


def test_levels_have_an_end(files):
    with pytest.raises(UsageError) as caught:
        files(a_yaml="a: " + "[" * 500 + "]" * 500)
    assert str(caught.value).endswith("expected at most 400 levels, got more")


def test_a_document_is_an_object(files):
    with pytest.raises(UsageError) as caught:
        files(a_yaml="- 1\n")
    assert str(caught.value) == "Failed to read contract a.yaml: expected an object with keys, got a list."


def test_what_is_lost_by_a_key_that_stands_twice(files):
    document = files(a_yaml="paths:\n  /a: {get: 1}\n  /b: {$ref: b.yaml}\n  /a: {post: 1}\nx: {y: 1, y: 2}\n", b_yaml="get: 1\nget: 2\n")
    assert document.lost([document.spot("#/paths/~1a/post"), document.spot("#/paths/~1b").follow().get("get")]) == [
        "a.yaml:4 paths › /a: expected each key once, got it twice; what stands under the first would be lost.",
        "b.yaml:2 get: expected each key once, got it twice; what stands under the first would be lost.",
    ]
    assert document.lost([document.spot("#/x")]) == []


def test_a_dynamic_reference_means_what_the_outermost_schema_says_it_was_reached_through(files):
    document = files(
        a_yaml="""\
orders: {$ref: orders.yaml}
lots: {$ref: lots.yaml}
anything: {$ref: page.yaml}
""",
        orders_yaml="$defs: {entry: {$dynamicAnchor: entry, title: order}}\n$ref: page.yaml\n",
        lots_yaml="$defs: {entry: {$dynamicAnchor: entry, title: lot}}\n$ref: page.yaml\n",
        page_yaml="""\
$defs: {entry: {$dynamicAnchor: entry, title: anything}}
properties:
  entries: {items: {$dynamicRef: '#entry'}}
  next: {$ref: '#'}
""",
    )
    for name, title in (("orders", "order"), ("lots", "lot"), ("anything", "anything")):
        page = document.spot(f"#/{name}").follow()
        assert page.get("properties", "entries", "items").follow().value["title"] == title
        assert page.get("properties", "next").follow() == page
    assert document.spot("#/orders").follow().get("properties", "next").place == "page.yaml:4 properties › next"
    assert "dynamic" not in str(document.content)
