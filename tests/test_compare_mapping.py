"""Comparing mapping contracts: a pair for every rule, in both directions, and the files that ship."""

from copy import deepcopy
from datetime import date

import pytest
import yaml

from erp_testkit import shipped
from erp_testkit.contracts.compatibility.contracts import changes, read_version
from erp_testkit.contracts.compatibility.mapping import MAPPING
from erp_testkit.domain.errors import UsageError

B, R, H = "breaking", "risky", "harmless"
TODAY = date(2026, 12, 1)
LOT = {"source": "lines[].lot", "target": "lotNo", "length": 20, "codes": {"a": "1", "b": "2"}, "never": ["truncate"]}
NOTE = {"source": "note", "target": "note", "required": False}
MAPPED = {
    "name": "wms.shipment",
    "direction": "out",
    "source": {"scene": "planned shipment", "schema": "shipment.json"},
    "target": {"partner": "wms", "path": "/shipments", "format": "json", "schema": "wms.yaml#/a"},
    "fields": [LOT, NOTE],
}


def mapped(*fields, **more):
    """Return a mapping; `more` goes to its target."""
    return {**MAPPED, "target": {**MAPPED["target"], **more}, "fields": list(fields) or MAPPED["fields"]}


def lot(**change):
    return mapped({key: value for key, value in {**LOT, **change}.items() if value is not None}, NOTE)


def columns(form, *names, **settings):
    fields = [{"source": name, "target": name, "length": 5} for name in names]
    whole = mapped(*fields, format=form, **({"settings": settings} if settings else {}))
    return {**whole, "source": {**whole["source"], "format": form, **({"settings": settings} if settings else {})}}


def wide(length):
    whole = columns("fixed-width", "a", "b")
    whole["fields"][0]["length"] = length
    return whole


def received(message_width=12, **room):
    whole = columns("fixed-width", "a", "b")
    whole["fields"][0] |= room
    source = {**whole["source"], "message": "no", "message_width": message_width}
    return {**whole, "source": source, "target": {**whole["target"], "format": "json"}}


# Aspect, its impact where the ERP writes the message and where it reads it, the old mapping and the new one.
PAIRS = [
    ("field-source-changed", B, B, lot(), lot(source="lines[].serial")),
    ("field-source-changed", B, B, lot(), lot(source=None, transform={"constant": "A"})),
    ("required-field-removed", B, B, mapped(), mapped(NOTE)),
    ("optional-field-removed", R, R, mapped(), mapped(LOT)),
    ("required-field-added", H, B, mapped(NOTE), mapped()),
    ("optional-field-added", H, H, mapped(LOT), mapped()),
    ("field-became-required", H, B, lot(required=False), lot()),
    ("field-became-optional", B, H, lot(), lot(required=False)),
    ("field-type-changed", B, B, lot(), lot(type="integer")),
    ("field-length-decreased", B, B, lot(), lot(length=15)),
    ("field-length-decreased", B, B, lot(length=None), lot()),
    ("field-length-increased", B, H, lot(), lot(length=30)),
    ("field-width-changed", B, B, wide(5), wide(6)),
    ("field-width-changed", B, B, received(width=8), received(width=9)),
    ("field-width-changed", B, B, received(), received(width=9)),
    ("field-width-changed", B, B, received(message_width=12), received(message_width=14)),
    ("field-length-increased", B, H, received(width=8), received(width=8, length=6)),
    ("field-position-changed", B, B, columns("fixed-width", "a", "b", "c"), columns("fixed-width", "b", "c", "a")),
    ("field-position-changed", B, B, columns("csv", "a", "b", header=False), columns("csv", "b", "a", header=False)),
    ("field-order-changed", R, R, columns("csv", "a", "b"), columns("csv", "b", "a")),
    ("field-unit-changed", B, B, lot(), lot(unit="box")),
    ("field-transform-changed", B, B, lot(), lot(transform={"case": "upper"})),
    ("field-code-removed", B, B, lot(), lot(codes={"a": "1"})),
    ("field-code-added", R, H, lot(), lot(codes={"a": "1", "b": "2", "c": "3"})),
    ("field-code-changed", B, B, lot(), lot(codes={"a": "2", "b": "1"})),
    ("field-codes-set", B, B, lot(codes=None), lot()),
    ("field-codes-unset", R, H, lot(), lot(codes=None)),
    ("field-never-removed", R, R, lot(), lot(never=[])),
    ("field-never-added", H, H, lot(), lot(never=["truncate", "case"])),
    ("field-chars-changed", R, R, lot(), lot(chars="code")),
    ("message-changed", B, B, mapped(), {**mapped(), "source": {**MAPPED["source"], "message": "message"}}),
    ("format-changed", B, B, columns("json", "a"), columns("xml", "a")),
    ("settings-changed", B, B, columns("csv", "a"), columns("csv", "a", separator=";")),
    ("address-changed", B, B, mapped(), mapped(path="/other")),
    ("schema-changed", H, H, mapped(), mapped(schema="wms.yaml#/b")),
]


@pytest.fixture
def differ(tmp_path):
    def compared(old, new):
        files = [tmp_path / "old.yaml", tmp_path / "new.yaml"]
        for file, content in zip(files, (old, new), strict=True):
            file.write_text(yaml.safe_dump({"mapping": content}), encoding="utf-8")
        return changes(*map(read_version, files), TODAY)

    return compared


@pytest.mark.parametrize("row", PAIRS, ids=[f"{row[0]}-{place}" for place, row in enumerate(PAIRS)])
@pytest.mark.parametrize("direction", ["out", "in"])
def test_every_change_is_told_and_judged_by_direction(differ, row, direction):
    aspect, outgoing, incoming, old, new = row
    word, impact = ("outgoing", outgoing) if direction == "out" else ("incoming", incoming)
    found = differ({**old, "direction": direction}, {**new, "direction": direction})
    # Both sides of a message have a format and settings; here both change.
    assert {(change.rule, str(change.impact)) for change in found} == {(f"{word}-{aspect}", impact)}


def test_an_identifier_is_watched_for_more_than_is_said(differ):
    found = differ(lot(identifier="lot"), lot(identifier="serial"))
    assert [(change.rule, str(change.impact), change.place) for change in found] == [
        ("outgoing-field-identifier-changed", R, "wms.shipment lotNo")
    ]
    assert {change.rule for change in differ(lot(identifier="lot"), lot())} == {
        "outgoing-field-identifier-changed",
        "outgoing-field-never-removed",
    }
    assert [
        change.rule for change in differ({**lot(identifier="lot"), "direction": "in"}, {**lot(identifier="serial"), "direction": "in"})
    ] == ["incoming-field-identifier-changed"]


def test_another_name_and_direction_are_told(differ):
    found = differ(mapped(), {**mapped(), "name": "wms.other", "direction": "in"})
    assert {(change.rule, str(change.impact), change.place) for change in found} == {
        ("mapping-name-changed", B, "wms.shipment"),
        ("mapping-direction-changed", B, "wms.shipment"),
    }


def test_every_rule_has_a_pair():
    covered = {f"{word}-{row[0]}" for row in PAIRS for word in ("outgoing", "incoming")}
    named = {"mapping-name-changed", "mapping-direction-changed", "outgoing-field-identifier-changed", "incoming-field-identifier-changed"}
    assert covered | named == set(MAPPING)


def test_a_column_that_pushes_others_aside_is_told_by_the_first_of_them(differ):
    found = differ(columns("fixed-width", "a", "b", "c"), columns("fixed-width", "a", "new", "b", "c"))
    assert [(change.rule, change.place, change.reason) for change in found] == [
        ("outgoing-field-position-changed", "wms.shipment b", "its column was number 2 and is 3"),
        ("outgoing-required-field-added", "wms.shipment new", "it is new, and always fed from new: a message must have it"),
    ]


def test_the_fault_this_project_began_with(differ):
    swapped = [{**LOT, "source": "lines[].serial"}, {**NOTE, "target": "serialNo", "source": "lines[].lot"}]
    found = differ(mapped(LOT, {**NOTE, "target": "serialNo", "source": "lines[].serial"}), mapped(*swapped))
    assert [(change.rule, change.place, change.reason) for change in found] == [
        (
            "outgoing-field-source-changed",
            f"wms.shipment {target}",
            f"it was fed from {old} and is from {new}: another value arrives in it",
        )
        for target, old, new in (("lotNo", "lines[].lot", "lines[].serial"), ("serialNo", "lines[].serial", "lines[].lot"))
    ]


def test_the_shipped_mappings_are_the_same_as_themselves():
    files = sorted((shipped.CONTRACTS / "mappings").glob("*.yaml"))
    assert files
    for file in files:
        assert changes(read_version(file), read_version(file), TODAY) == ()


def test_a_mapping_without_its_bones_is_told(tmp_path):
    content = deepcopy(MAPPED)
    content["direction"] = "up"
    del content["fields"][0]["target"]
    (tmp_path / "old.yaml").write_text(yaml.safe_dump({"mapping": content}), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_version(tmp_path / "old.yaml")
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "Failed to read contract old.yaml: expected no mistakes, got 2:\n"
        '- old.yaml:2 mapping › direction: "up" is not one of "in" or "out"\n'
        '- old.yaml:4 mapping › fields › 0: "target" is a required property'
    )
