"""Comparing message contracts: what the ERP sends is judged as an answer, what it takes as a request."""

from copy import deepcopy
from datetime import date

import pytest
import yaml

from erp_testkit import shipped
from erp_testkit.contracts.compatibility.contracts import changes, read_version
from erp_testkit.contracts.compatibility.messages import MESSAGES
from erp_testkit.contracts.compatibility.rules import OPENAPI
from erp_testkit.domain.errors import UsageError

TODAY = date(2026, 12, 1)
SHIPPED = {"payload": {"type": "object", "properties": {"lot": {"type": "string"}}, "required": ["lot"]}, "headers": {"type": "object"}}


def shop(action="receive", messages=None, **channel):
    messages = {"shipped": SHIPPED} if messages is None else messages
    return {
        "asyncapi": "3.0.0",
        "channels": {"wms.shipped": {"address": "/shipped", "messages": deepcopy(messages), **channel}},
        "operations": {"take": {"action": action, "channel": {"$ref": "#/channels/wms.shipped"}}},
    }


@pytest.fixture
def differ(tmp_path):
    def compared(old, new):
        files = [tmp_path / "old.yaml", tmp_path / "new.yaml"]
        for file, content in zip(files, (old, new), strict=True):
            file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return [(change.rule, str(change.impact), change.place) for change in changes(*map(read_version, files), TODAY)]

    return compared


def without_channels():
    return {**shop(), "channels": {}, "operations": {}}


TWO = {"shipped": SHIPPED, "packed": SHIPPED}
PAIRS = [
    ("channel-removed", "breaking", "wms.shipped", shop(), without_channels()),
    ("channel-added", "harmless", "wms.shipped", without_channels(), shop()),
    ("channel-address-changed", "breaking", "wms.shipped", shop(), shop(address="/other")),
    ("channel-action-changed", "breaking", "wms.shipped", shop("send"), shop("receive")),
    ("sent-message-removed", "breaking", "wms.shipped packed", shop("send", TWO), shop("send")),
    ("sent-message-added", "risky", "wms.shipped packed", shop("send"), shop("send", TWO)),
    ("received-message-removed", "breaking", "wms.shipped packed", shop("receive", TWO), shop()),
    ("received-message-added", "harmless", "wms.shipped packed", shop(), shop("receive", TWO)),
    (
        "message-content-type-changed",
        "breaking",
        "wms.shipped shipped",
        shop(),
        shop(messages={"shipped": {**SHIPPED, "contentType": "text/csv"}}),
    ),
]


@pytest.mark.parametrize("row", PAIRS, ids=[row[0] for row in PAIRS])
def test_every_change_of_a_channel_is_told(differ, row):
    rule, impact, place, old, new = row
    assert differ(old, new) == [(rule, impact, place)]


def test_every_rule_has_a_pair():
    assert {row[0] for row in PAIRS} | set(OPENAPI) == set(MESSAGES)


OPTIONAL = {**SHIPPED, "payload": {**SHIPPED["payload"], "required": []}}


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("receive", [("request-property-became-optional", "harmless", "wms.shipped shipped payload: lot")]),
        ("send", [("response-property-became-optional", "breaking", "wms.shipped shipped payload: lot")]),
    ],
)
def test_a_message_is_judged_by_its_direction(differ, action, expected):
    assert differ(shop(action), shop(action, {"shipped": OPTIONAL})) == expected


def test_headers_are_compared(differ):
    headers = {"type": "object", "properties": {"X-Message-Id": {"type": "string"}}, "required": ["X-Message-Id"]}
    assert differ(shop(), shop(messages={"shipped": {**SHIPPED, "headers": headers}})) == [
        ("new-required-request-property", "breaking", "wms.shipped shipped headers: X-Message-Id")
    ]


NUMBERED = {**SHIPPED, "payload": {"type": "object", "properties": {"lot": {"type": "integer"}}, "required": ["lot"]}}


def referred(content):
    """Write a contract's operation among its components."""
    return {
        **content,
        "operations": {"take": {"$ref": "#/components/operations/take"}},
        "components": {"operations": content["operations"]},
    }


def test_an_operation_may_be_a_reference(differ):
    assert differ(shop(), referred(shop())) == []
    assert differ(referred(shop()), referred(shop(messages={"shipped": NUMBERED}))) == [
        ("request-property-type-changed", "breaking", "wms.shipped shipped payload: lot")
    ]


def handling(*names, action="receive"):
    content = shop(action, TWO)
    content["operations"]["take"]["messages"] = [{"$ref": f"#/channels/wms.shipped/messages/{name}"} for name in names]
    return content


def test_only_messages_an_operation_names_go_its_way(differ):
    assert differ(shop("receive", TWO), handling("packed", "shipped")) == []
    assert differ(handling("shipped", "packed"), handling("shipped")) == [("received-message-removed", "breaking", "wms.shipped packed")]
    assert differ(handling("shipped", action="send"), shop("send", TWO)) == [("sent-message-added", "risky", "wms.shipped packed")]


def test_an_operation_may_name_shared_messages(differ):
    def shared(*names):
        content = shop("receive", {name: {"$ref": f"#/components/messages/{name}"} for name in TWO})
        content["components"] = {"messages": deepcopy(TWO)}
        content["operations"]["take"]["messages"] = [{"$ref": f"#/components/messages/{name}"} for name in names]
        return content

    assert differ(shared("shipped", "packed"), shared("packed")) == [("received-message-removed", "breaking", "wms.shipped shipped")]


def test_what_traits_say_of_a_message_is_compared(differ):
    def traits(*headers, **more):
        message = {**SHIPPED, "traits": [{"$ref": f"#/components/messageTraits/t{place}"} for place in range(len(headers))], **more}
        named = {
            f"t{place}": {"headers": {"type": "object", "properties": {name: {"type": kind}}}} for place, (name, kind) in enumerate(headers)
        }
        return {**shop(messages={"shipped": message}), "components": {"messageTraits": named}}

    assert differ(traits(("X-Lot", "string"), ("X-Id", "string")), traits(("X-Lot", "string"), ("X-Id", "array"))) == [
        ("request-property-type-changed", "breaking", "wms.shipped shipped headers: X-Id")
    ]
    csv, json = ([{"contentType": "application/json"}, {"contentType": kind}] for kind in ("text/csv", "application/json"))
    assert differ(traits(traits=json), traits(traits=csv)) == [("message-content-type-changed", "breaking", "wms.shipped shipped")]
    assert differ(traits(traits=json), traits(traits=csv, contentType="application/json")) == []


def test_a_channel_nobody_says_the_direction_of_is_judged_both_ways(differ):
    def channel(message):
        return {**shop(messages={"shipped": message}), "operations": {}}

    assert differ(channel(SHIPPED), channel(OPTIONAL)) == [
        ("response-property-became-optional", "breaking", "wms.shipped shipped payload: lot"),
        ("request-property-became-optional", "harmless", "wms.shipped shipped payload: lot"),
    ]
    assert differ(channel(SHIPPED), channel({**SHIPPED, "contentType": "text/csv"})) == [
        ("message-content-type-changed", "breaking", "wms.shipped shipped")
    ]
    assert differ(channel(SHIPPED), shop(messages={"shipped": NUMBERED})) == [
        ("channel-action-changed", "breaking", "wms.shipped"),
        ("request-property-type-changed", "breaking", "wms.shipped shipped payload: lot"),
    ]


def test_messages_that_cannot_be_compared_are_told(tmp_path):
    content = shop(messages={"shipped": {**SHIPPED, "traits": 5}})
    content["operations"] = {"take": {"channel": {"$ref": "#/channels/wms.shipped"}}}
    (tmp_path / "shop.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_version(tmp_path / "shop.yaml")
    assert str(caught.value) == (
        f"Failed to read contract {tmp_path / 'shop.yaml'}: expected no mistakes, got 2:\n"
        '- shop.yaml:16 channels › wms.shipped › messages › shipped › traits: 5 is not of type "array"\n'
        '- shop.yaml:18 operations › take: "action" is a required property'
    )


def test_schemas_in_other_files_are_followed(tmp_path):
    found = []
    for name, length in (("old", 20), ("new", 15)):
        folder = tmp_path / name
        (folder / "schemas").mkdir(parents=True)
        (folder / "schemas" / "lot.json").write_text(f'{{"type": "string", "maxLength": {length}}}', encoding="utf-8")
        message = {"payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": {"$ref": "schemas/lot.json"}}}
        (folder / "shop.yaml").write_text(yaml.safe_dump(shop(messages={"lot": message})), encoding="utf-8")
        found.append(read_version(folder / "shop.yaml"))
    assert [(change.rule, change.place, change.operations) for change in changes(*found, TODAY)] == [
        ("request-body-max-length-decreased", "lot in requests", ("wms.shipped lot",))
    ]


def test_older_versions_of_asyncapi_are_refused(tmp_path):
    (tmp_path / "shop.yaml").write_text("asyncapi: 2.6.0\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_version(tmp_path / "shop.yaml")
    said = f"Failed to read contract {tmp_path / 'shop.yaml'}: expected asyncapi 3, got 2.6.0."
    assert str(caught.value) == f"{said} Next: convert it, for example with 'asyncapi convert'"


def test_the_shipped_messages_are_the_same_as_themselves():
    for file in sorted((shipped.CONTRACTS / "messages").glob("*.yaml")):
        assert changes(read_version(file), read_version(file), TODAY) == ()
