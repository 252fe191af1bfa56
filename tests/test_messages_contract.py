"""Reading message contracts: what is in them, and what is wrong with them, with its place."""

import re
import textwrap
import warnings

import pytest
from small_erp import ASYNCAPI, SETTINGS, small_erp, write_contract

from erp_testkit import shipped
from erp_testkit.contracts.messages.contract import load
from erp_testkit.contracts.messages.document import read
from erp_testkit.contracts.messages.template import FACTS, Template
from erp_testkit.contracts.own_codes import OwnCodes
from erp_testkit.contracts.scenes import SCENES, play
from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import ErpBroke

GOOD = """\
asyncapi: 3.0.0
info: {title: Orders, version: 1.0.0}
channels:
  orders:
    address: /orders
    messages:
      order:
        payload: {type: object, properties: {number: {type: string}}}
operations:
  send: {action: send, channel: {$ref: '#/channels/orders'}}
"""


def mistakes(folder, text, settings=None, name="orders.yaml"):
    """Return what is said of a contract, without the folder."""
    file = folder / name
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    if settings is not None:
        file.with_suffix(".toml").write_text(textwrap.dedent(settings), encoding="utf-8")
    with pytest.raises(UsageError) as failure:
        load(file)
    return str(failure.value).replace(f"{folder}/", "")


def judged(check):
    return check.run(None)


def test_the_shipped_contract_names_every_interface_of_the_reference_erp():
    contract = load(shipped.CONTRACTS / "messages" / "partners.yaml")
    channels = read(contract.file).channels
    assert (contract.name, contract.kind, contract.adapter) == ("partners", "messages", "reference")
    assert {name: sorted(channel.actions) for name, channel in channels.items()} == {
        "wms.shipment": ["send"],
        "carrier.delivery": ["send"],
        "udi.shipment": ["send"],
        "wms.shipped": ["receive"],
        "wms.confirmation": ["receive"],
        "carrier.delivered": ["receive"],
    }
    assert len({check.id for check in contract.checks}) == len(contract.checks) == 74


def test_the_examples_of_the_shipped_contract_fit():
    contract = load(shipped.CONTRACTS / "messages" / "partners.yaml")
    found = {check.id: judged(check) for check in contract.checks if check.id.endswith(" examples")}
    assert {name: one.counted for name, one in found.items()} == {
        "wms.shipment examples": 1,
        "carrier.delivery examples": 1,
        "udi.shipment examples": 1,
        "wms.shipped examples": 2,
        "wms.confirmation examples": 1,
        "carrier.delivered examples": 1,
    }
    assert not [broken.message for one in found.values() for broken in one.findings]


def test_an_example_that_does_not_fit_is_a_breach_with_its_place(tmp_path):
    file = tmp_path / "orders.yaml"
    file.write_text(
        textwrap.dedent("""\
        asyncapi: 3.0.0
        info: {title: Orders, version: 1.0.0}
        channels:
          orders:
            messages:
              order:
                headers: {type: object, required: [X-Id]}
                payload: {type: object, properties: {due: {type: string, format: date}}}
                examples:
                  - {name: good, headers: {x-id: '1'}, payload: {due: 2026-11-23}}
                  - headers: {}
                    payload: {due: '23.11.2026'}
        """),
        encoding="utf-8",
    )
    (check,) = load(file).checks
    found = judged(check)
    (broken,) = found.findings
    assert (check.id, check.ports, check.writes, check.line, found.counted) == ("orders examples", frozenset(), False, 4, 2)
    assert (broken.id, broken.place) == ("example-schema-violation", "order 2")
    assert broken.message == (
        "Failed to fit example '2' of message 'order' (line 11) into its schema: expected no schema violation, got 2:\n"
        '- body.due: "23.11.2026" is not a "date"\n'
        '- headers: "X-Id" is a required property'
    )


def test_schemas_may_stand_in_other_files_and_in_components(tmp_path):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "line.json").write_text('{"type": "object", "properties": {"lot": {"$ref": "lot.json"}}}', encoding="utf-8")
    (tmp_path / "schemas" / "lot.json").write_text('{"type": "string", "maxLength": 3}', encoding="utf-8")
    (tmp_path / "common.yaml").write_text("messages: {order: {payload: {$ref: schemas/line.json}}}\n", encoding="utf-8")
    file = tmp_path / "orders.yaml"
    file.write_text(
        textwrap.dedent("""\
        asyncapi: 3.1.0
        info: {title: Orders, version: 1.0.0}
        channels:
          far: {messages: {order: {$ref: 'common.yaml#/messages/order'}}}
          near: {$ref: '#/components/channels/near'}
        components:
          channels:
            near: {messages: {line: {$ref: '#/components/messages/line'}}}
          messages:
            line:
              traits: [{headers: {type: object, properties: {X-Id: {type: string}}}}]
              payload: {schemaFormat: application/schema+json;version=draft-07, schema: {$ref: '#/components/schemas/line'}}
          schemas:
            line: {type: array, items: {$ref: schemas/line.json}}
        """),
        encoding="utf-8",
    )
    channels = read(file).channels
    assert channels["far"].violations('{"lot": "L-2601"}', {}) == ['body.lot: "L-2601" is longer than 3 characters']
    assert channels["near"].violations('[{"lot": "L-1"}, {"lot": 7}]', {"x-id": "1"}) == ['body.1.lot: 7 is not of type "string"']
    assert channels["near"].violations("[]", {"x-id": 1}) == ['headers.X-Id: 1 is not of type "string"']
    assert channels["near"].violations("[", {}) == ["body: expected JSON, got Expecting value: line 1 column 2 (char 1)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("asyncapi: 2.6.0\n", ": expected asyncapi 3, got 2.6.0. Next: convert it, for example with 'asyncapi convert'"),
        ("asyncapi: [3\ninfo: {\n", ":2: expected YAML, got did not find expected ',' or ']'."),
        ("- asyncapi\n", ": expected an object with keys, got a list."),
        (
            "asyncapi: 3.0.0\ninfo: {title: Orders}\n",
            ": expected no mistakes, got 1:\n- orders.yaml:1 channels: expected channels, got nothing.",
        ),
    ],
)
def test_a_file_that_is_no_asyncapi_document_is_said_to_be_none(text, said, tmp_path):
    assert mistakes(tmp_path, text) == f"Failed to read contract orders.yaml{said}"


def test_all_mistakes_of_a_document_are_reported_at_once_with_their_lines(tmp_path):
    found = mistakes(
        tmp_path,
        """\
        asyncapi: 3.0.0
        info: {version: 1.0.0}
        channels:
          orders:
            address: 7
            messages:
              avro: {payload: {schemaFormat: application/vnd.apache.avro+json, schema: {}}}
              wrong: {payload: {type: object, properties: {lot: {type: strin}}}}
              shown: {examples: {payload: 1}, headers: {properties: 5}}
        operations:
          take: {action: take, channel: {$ref: '#/components/channels/orders'}}
        components:
          channels: {orders: {}}
        """,
    )
    place = "channels › orders › messages ›"
    assert found == (
        "Failed to read contract orders.yaml: expected no mistakes, got 8:\n"
        "- orders.yaml:2 info › title: expected a text, got nothing.\n"
        "- orders.yaml:5 channels › orders › address: expected a text, got 7.\n"
        f"- orders.yaml:7 {place} avro › payload › schemaFormat: expected JSON Schema ('application/schema+json;version=draft-07'), "
        "got 'application/vnd.apache.avro+json'.\n"
        f"- orders.yaml:8 {place} wrong › payload › properties › lot › type: expected a valid JSON Schema "
        "(\"strin\" is not valid under any of the schemas listed in the 'anyOf' keyword), got 'strin'.\n"
        f"- orders.yaml:9 {place} shown › examples: expected a list, got {{'payload': 1}}.\n"
        f'- orders.yaml:9 {place} shown › headers › properties: expected a valid JSON Schema (5 is not of type "object"), got 5.\n'
        "- orders.yaml:11 operations › take › channel › $ref: expected operation take to point to a channel of this file, "
        "such as '#/channels/NAME', got '#/components/channels/orders'.\n"
        "- orders.yaml:11 operations › take › action: expected 'send' or 'receive', got 'take'."
    )


def test_every_wrong_reference_is_reported_with_its_place(tmp_path):
    found = mistakes(
        tmp_path,
        """\
        asyncapi: 3.0.0
        info: {title: Orders}
        channels:
          orders:
            messages:
              order: {payload: {$ref: '#/components/schemas/Ordr'}}
              web: {$ref: 'https://example.com/message.json'}
              gone: {payload: {$ref: gone.json}}
              deep: {payload: {type: array, items: {$ref: '#/components/schemas/Order/allOf/2'}}}
        operations:
          take: {action: take, channel: {$ref: '#/channels/order'}}
        components:
          schemas:
            Order: {allOf: [{type: object}]}
        """,
    )
    place = "channels › orders › messages ›"
    assert found == (
        "Failed to read contract orders.yaml: expected no mistakes, got 5:\n"
        "- Failed to read contract gone.json: expected a file that can be read, got No such file or directory.\n"
        f"- orders.yaml:6 {place} order › payload: expected '$ref' to lead somewhere, got '#/components/schemas/Ordr': "
        "there is no 'Ordr'. Did you mean 'Order'? Valid values are: Order.\n"
        f"- orders.yaml:7 {place} web: expected '$ref' to lead somewhere, got 'https://example.com/message.json': "
        "only files and '#/…' can be followed\n"
        f"- orders.yaml:9 {place} deep › payload › items: expected '$ref' to lead somewhere, "
        "got '#/components/schemas/Order/allOf/2': there is no '2'. Valid values are: (none).\n"
        "- orders.yaml:11 operations › take › channel: expected '$ref' to lead somewhere, got '#/channels/order': "
        "there is no 'order'. Did you mean 'orders'? Valid values are: orders."
    )


def test_a_reference_in_a_circle_and_messages_that_would_vanish_are_reported(tmp_path):
    channels = "channels: {orders: {messages: {order: {$ref: '#/channels/orders/messages/order'}}}}\n"
    assert mistakes(tmp_path, f"asyncapi: 3.0.0\ninfo: {{title: Orders}}\n{channels}") == (
        "Failed to read contract orders.yaml: expected no mistakes, got 1:\n"
        "- orders.yaml:3 channels › orders › messages › order: expected '$ref' to lead somewhere, "
        "got '#/channels/orders/messages/order': it leads in a circle: #/channels/orders/messages/order -> #/channels/orders/messages/order"
    )
    channels = "channels:\n  orders:\n    messages: {first: {}}\n    messages: {second: {}}\n"
    assert mistakes(tmp_path, f"asyncapi: 3.0.0\ninfo: {{title: Orders}}\n{channels}") == (
        "Failed to read contract orders.yaml: expected no mistakes, got 1:\n"
        "- orders.yaml:6 channels › orders › messages: expected each key once, got it twice; what stands under the first would be lost."
    )


def told_of(folder, channels):
    """Return a document of these channels, read."""
    file = folder / "orders.yaml"
    file.write_text("asyncapi: 3.0.0\ninfo: {title: Orders, version: 1.0.0}\n" + textwrap.dedent(channels), encoding="utf-8")
    return file


def test_headers_may_be_figures_though_they_travel_as_text(tmp_path):
    file = told_of(
        tmp_path,
        """\
        channels:
          orders:
            messages:
              order:
                headers:
                  type: object
                  properties:
                    X-Count: {type: integer, minimum: 2}
                    X-Last: {type: boolean}
                    X-Part: {enum: [1, 2]}
                    X-Rate: {anyOf: [{type: number}, {type: 'null'}]}
                    X-Id: {type: string, pattern: '^q'}
        """,
    )
    channel = read(file).channels["orders"]
    assert channel.violations("{}", {"x-count": "3", "x-last": "true", "x-part": "2", "x-rate": "0.5", "x-id": "q1"}) == []
    assert channel.violations("{}", {"x-count": "1", "x-last": "yes", "x-part": "3", "x-id": "7"}) == [
        "headers.X-Count: 1 is less than the minimum of 2",
        'headers.X-Last: "yes" is not of type "boolean"',
        "headers.X-Part: 3 is not one of 1 or 2",
        'headers.X-Id: "7" does not match "^q"',
    ]


def test_a_country_is_no_truth_value(tmp_path):
    file = told_of(
        tmp_path,
        """\
        channels:
          orders:
            messages:
              order: {payload: {properties: {country: {enum: [NO, SE]}, day: {const: 2028-02-29}, at: {const: 12:30}}}}
        """,
    )
    channel = read(file).channels["orders"]
    assert channel.violations('{"country": "NO", "day": "2028-02-29", "at": "12:30"}', {}) == []
    assert channel.violations('{"country": false}', {}) == ['body.country: false is not one of "NO" or "SE"']


@pytest.mark.parametrize(("name", "reference"), [("1", "1"), ("on", "on"), ("a b", "a%20b"), ("a b", "a b"), ("订单", "订单")])
def test_a_channel_may_have_any_name(tmp_path, name, reference):
    file = told_of(
        tmp_path,
        f"""\
        channels:
          {name}: {{address: /orders, messages: {{1: {{payload: {{$ref: '#/components/schemas/Any/allOf/1'}}}}}}}}
        operations:
          2: {{action: send, channel: {{$ref: '#/channels/{reference}'}}}}
        components:
          schemas:
            Any: {{allOf: [{{type: object}}, {{type: string}}]}}
        """,
    )
    (channel,) = read(file).channels.values()
    assert (channel.name, channel.actions, [form.name for form in channel.forms]) == (name, {"send"}, ["1"])
    assert channel.violations("7", {}) == ['body: 7 is not of type "string"']


def test_examples_of_headers_alone_and_of_null_are_looked_at(tmp_path):
    file = told_of(
        tmp_path,
        """\
        channels:
          orders:
            messages:
              order:
                headers: {type: object, required: [X-Count], properties: {X-Count: {type: integer}}}
                payload: {type: string}
                examples:
                  - {headers: {X-Count: three}}
                  - {payload: null}
                  - {headers: {X-Count: '3'}}
                  - {summary: shows nothing}
        """,
    )
    (check,) = load(file).checks
    found = judged(check)
    assert (found.counted, [broken.message for broken in found.findings]) == (
        4,
        [
            "Failed to fit example '1' of message 'order' (line 10) into its schema: expected no schema violation, got 1:\n"
            '- headers.X-Count: "three" is not of type "integer"',
            "Failed to fit example '2' of message 'order' (line 11) into its schema: expected no schema violation, got 1:\n"
            '- body: null is not of type "string"',
        ],
    )


def test_a_body_nested_too_deep_is_told(tmp_path):
    channel = read(told_of(tmp_path, "channels: {orders: {messages: {order: {payload: {type: string}}}}}")).channels["orders"]
    assert channel.violations("[" * 100_000, {}) == ["body: expected JSON, got one nested too deep to read"]
    assert channel.violations("[" * 500 + "]" * 500, {})


def test_a_document_without_settings_has_the_checks_it_can_have(tmp_path):
    file = tmp_path / "orders.yaml"
    file.write_text(GOOD, encoding="utf-8")
    contract = load(file)
    assert (contract.title, contract.adapter, contract.checks) == ("Orders", "", ())


def test_all_mistakes_of_settings_are_told_at_once(tmp_path):
    found = mistakes(
        tmp_path,
        GOOD,
        """\
        adaptor = "reference"
        stuck_seconds = 0

        [retry]
        attempts = 0
        first_wait_seconds = 0.2
        retried = [999]

        [sign_in]
        path = "token"
        body = {}
        token = "token"

        [callbacks.orders]
        scen = "planned shipment"
        body = {}
        other_scene = "shipped shipment"
        late = "perhaps"
        role = "boss"
        end = { read = "outbound.shipment", feild = "state", is = "shipped" }
        """,
    )
    assert found == (
        "Failed to read settings orders.toml: expected no mistakes, got 11:\n"
        "- line 1, adaptor: unknown key. Did you mean 'adapter'? Valid values are: adapter, callbacks, outgoing, retry, sign_in, "
        "stuck_seconds.\n"
        "- line 2, stuck_seconds: expected a number above 0, got 0.\n"
        "- line 5, retry.attempts: expected a whole number of at least 1, got 0.\n"
        "- line 7, retry.retried[1]: expected an HTTP status, got 999.\n"
        "- line 10, sign_in.path: expected a path that begins with /, got 'token'.\n"
        "- line 14, callbacks.orders.scene: expected one of the valid values, got nothing. "
        "Valid values are: planned shipment, shipped shipment.\n"
        "- line 15, callbacks.orders.scen: unknown key. Did you mean 'scene'? Valid values are: body, "
        "deadline_seconds, end, follows, headers, late, old_versions, other_scene, role, scene, unknown_fields.\n"
        "- line 18, callbacks.orders.late: expected one of the valid values, got 'perhaps'. Valid values are: accepted, refused.\n"
        "- line 19, callbacks.orders.role: expected one of the valid values, got 'boss'. "
        "Valid values are: auditor, manager, quality, sales, warehouse.\n"
        "- line 20, callbacks.orders.end.field: expected text, got nothing.\n"
        "- line 20, callbacks.orders.end.feild: unknown key. Did you mean 'field'? Valid values are: field, is, read."
    )


def test_settings_that_name_what_is_not_there_are_told_at_once(tmp_path):
    found = mistakes(
        tmp_path,
        GOOD,
        """\
        [callbacks.orders]
        scene = "planed shipment"
        body = {}
        other_scene = "planned shipment"
        end = { read = "outbount.shipment", field = "state", is = "shipped" }
        [callbacks.shipped]
        scene = "planned shipment"
        body = {}
        other_scene = "planned shipment"
        end = { read = "outbound.shipments", field = "state", is = "shipped" }
        [callbacks.delivered]
        scene = "planned shipment"
        body = {}
        headers = { X-Name = "订单", X-Good = "déjà vu" }
        other_scene = "planned shipment"
        end = { read = "outbound.shipment", field = "status", is = "shipped" }
        [[callbacks.delivered.old_versions]]
        name = "1"
        body = {}
        headers = { "X Version" = "1" }
        is = "accepted"
        [outgoing.confirmed]
        partner = "wms"
        scene = "planned shipment"
        effect = { path = "/all", list = "shipments" }
        [retry]
        attempts = 1
        first_wait_seconds = 1
        retried = []
        """,
    )
    head, *problems = found.splitlines()
    assert head == "Failed to read settings orders.toml: expected no mistakes, got 8:"
    assert [problem.partition(" Valid values")[0] for problem in problems] == [
        "- line 2, callbacks.orders.scene: expected a scene, got 'planed shipment'. Did you mean 'planned shipment'?",
        "- line 5, callbacks.orders.end.read: expected a port and its method, got 'outbount.shipment'. Did you mean 'outbound'?",
        "- line 10, callbacks.shipped.end.read: expected a reading method of port outbound, got 'shipments'. Did you mean 'shipment'?",
        "- line 14, callbacks.delivered.headers.X-Name: expected a header of Latin-1 characters on one line, got '订单'.",
        "- line 16, callbacks.delivered.end.field: expected a field of what outbound.shipment returns, got 'status'. Did you mean 'state'?",
        "- line 20, callbacks.delivered.old_versions[1].headers.X Version: expected a header of Latin-1 characters on one line, got '1'.",
        "- line 25, outgoing.confirmed.effect: expected list and field together, got only one of them.",
        "- line 29, retry.retried: expected at least one status, got [].",
    ]


def test_settings_that_do_not_fit_the_document_are_told_at_once(tmp_path):
    file = write_contract(
        tmp_path,
        settings="""
        [callbacks.shiped]
        scene = "planned shipment"
        body = {}
        other_scene = "planned shipment"
        end = { read = "outbound.shipment", field = "state", is = "shipped" }

        [callbacks.confirmed]
        scene = "planned shipment"
        body = { no = "text" }
        other_scene = "planned shipment"
        end = { read = "outbound.shipment", field = "state", is = "shipped" }
        follows = "delivered"

        [callbacks.shipped]
        scene = "planned shipment"
        body = { message = "{mesage}", at = "{shipment.shipped_at}" }
        other_scene = "planned shipment"
        end = { read = "outbound.shipment", field = "state", is = "shipped" }

        [callbacks.delivered]
        scene = "shipped shipment"
        body = { message = "{message}", note = "{delivery_note.number}" }
        other_scene = "planned shipment"
        end = { read = "outbound.shipment", field = "state", is = "delivered" }
        follows = "shipped"

        [outgoing.confirmed]
        partner = "wms"
        scene = "planned shipment"

        [retry]
        attempts = 1
        first_wait_seconds = 1
        """,
    )
    with pytest.raises(UsageError) as failure:
        load(file)
    head, *problems = str(failure.value).splitlines()
    assert head == f"Failed to read settings {tmp_path}/small.toml: expected no mistakes, got 6:"
    assert [problem.partition(" Valid values")[0] for problem in problems] == [
        "- line 2, callbacks.shiped: expected a channel of the contract, got 'shiped'. Did you mean 'shipped'?",
        "- line 10, callbacks.confirmed.body: expected text for a body of text/csv, got a table.",
        "- line 17, callbacks.shipped.body: expected what is known after the scene 'planned shipment', got '{mesage}'. "
        "Did you mean 'message'?",
        "- line 17, callbacks.shipped.body: expected what is known after the scene 'planned shipment', got '{shipment.shipped_at}'. "
        "Did you mean 'shipment.order'?",
        "- line 23, callbacks.delivered.body: expected what is known after the scene 'planned shipment', got '{delivery_note.number}'. "
        "Did you mean 'shipment.number'?",
        "- line 28, outgoing.confirmed: expected a channel with an operation of action 'send', got receive.",
    ]


def test_an_outgoing_channel_needs_a_retry_policy_and_a_path(tmp_path):
    settings = """
    [outgoing.orders]
    partner = "wms"
    scene = "planned shipment"
    """
    assert mistakes(tmp_path, GOOD.replace("address: /orders", "address: orders.new"), settings) == (
        "Failed to read settings orders.toml: expected no mistakes, got 2:\n"
        "- line 2, outgoing.orders: expected a channel whose address is a path such as '/shipments', got 'orders.new'.\n"
        "- line 2, outgoing.orders.retry: expected a retry policy here or for the whole file, got none."
    )


def test_a_callback_needs_a_channel_whose_address_has_no_parameters(tmp_path):
    settings = """
    [callbacks.orders]
    scene = "planned shipment"
    body = {}
    other_scene = "planned shipment"
    end = { read = "outbound.shipment", field = "state", is = "shipped" }
    """
    text = GOOD.replace("address: /orders", "address: '/orders/{number}/lines'").replace("action: send", "action: receive")
    assert mistakes(tmp_path, text, settings) == (
        "Failed to read settings orders.toml: expected no mistakes, got 1:\n"
        "- line 2, callbacks.orders: expected a channel whose address has no parameters, for nothing fills them in, "
        "got '/orders/{number}/lines'."
    )


def test_settings_of_a_channel_without_messages_are_a_mistake(tmp_path):
    settings = """
    [retry]
    attempts = 2
    first_wait_seconds = 1
    [outgoing.empty]
    partner = "wms"
    scene = "planned shipment"
    """
    text = GOOD.replace("channels:\n", "channels:\n  empty: {address: /empty}\n").replace("#/channels/orders", "#/channels/empty")
    assert mistakes(tmp_path, text, settings) == (
        "Failed to read settings orders.toml: expected no mistakes, got 1:\n"
        "- line 5, outgoing.empty: expected a channel with a message, got none."
    )


def test_settings_that_are_no_toml_are_said_to_be_none(tmp_path):
    assert mistakes(tmp_path, GOOD, "[retry\n").startswith("Failed to read settings orders.toml: expected TOML, got ")


def test_a_body_is_filled_in_as_its_kind_needs_it():
    facts = {
        "shipment.number": "SH-1",
        "customer.name": 'Hospital "A", <Ward> & Co',
        "lines[0].lot": "L-1",
        "lines[0].line": 1,
        "lines[1].lot": None,
        "lines[1].line": 2,
    }
    as_json = Template(
        {"no": "{shipment.number}", "by": "at {customer.name}", "lines": [{"n": "{lines[].line}", "lot": "{lines[].lot}"}]},
        "application/json",
    )
    as_csv = Template("no,by,lot\r\n{shipment.number},{customer.name},{lines[].lot}\r\n", "text/csv")
    as_gs1 = Template("]d2{shipment.number}\x1d{lines[].lot}\n", "text/plain")  # the separator within a label is no end of a line
    as_xml = Template("<s><by>{customer.name}</by>\n<lot>{lines[].lot}</lot>\n</s>", "application/xml")
    assert as_json.render(facts) == (
        '{"no": "SH-1", "by": "at Hospital \\"A\\", <Ward> & Co", "lines": [{"n": 1, "lot": "L-1"}, {"n": 2, "lot": null}]}'
    )
    quoted = '"Hospital ""A"", <Ward> & Co"'
    assert as_csv.render(facts) == f"no,by,lot\r\nSH-1,{quoted},L-1\r\nSH-1,{quoted},\r\n"
    assert as_gs1.render(facts) == "]d2SH-1\x1dL-1\n]d2SH-1\x1d\n"
    assert as_xml.render(facts) == '<s><by>Hospital "A", &lt;Ward&gt; &amp; Co</by>\n<lot>L-1</lot>\n<lot></lot>\n</s>'


def test_every_fact_of_a_scene_is_a_placeholder(tmp_path):
    with small_erp(tmp_path) as world:
        known = {name: {re.sub(r"\[\d+\]", "[]", path) for path in play(name, OwnCodes(world, name)).facts} for name in SCENES}
    assert known == FACTS


TWO_LOTS = {"lines[0].item": "IT", "lines[0].lot": "L1", "lines[1].item": "IT", "lines[1].lot": "L2"}


def test_lines_of_one_item_are_of_one_item(tmp_path):
    with small_erp(tmp_path) as world:
        scene = play("planned shipment", world, TWO_LOTS)
    assert scene.items == {"IT"}
    assert [scene.facts[f"lines[{line}].lot"] for line in (0, 1)] == ["L1", "L2"]
    assert scene.facts["lines[0].gtin"] == scene.facts["lines[1].gtin"]


def test_an_erp_that_plans_less_than_was_picked_is_broken(tmp_path):
    with small_erp(tmp_path) as world:
        plan = world.erp.outbound.plan
        world.erp.outbound.plan = lambda order, picks: plan(order, picks[:1])
        with pytest.raises(ErpBroke) as broke:
            play("planned shipment", world, TWO_LOTS)
    assert str(broke.value).endswith(
        "expected a line with item IT, lot L2, serial number none, as picked, got none. Next: read the shipment in the ERP."
    )


def test_a_template_that_does_not_fit_the_messages_own_schema_is_told_before_it_is_sent(tmp_path):
    file = write_contract(tmp_path, settings=SETTINGS.replace('message = "{message}", version = "2" }', "version = 2 }"))
    check = next(check for check in load(file).checks if check.id == "shipped sent twice")
    with small_erp(tmp_path) as world, pytest.raises(UsageError) as failure:
        check.run(world)
    assert str(failure.value) == (
        "Failed to write a message of shipped: expected the body of the settings to fit its schema:\n"
        '- body: "message" is a required property\n'
        '- body.version: 2 is not of type "string"'
    )
    assert world.heard_of == []


def test_an_erp_without_the_ports_is_not_covered_and_examples_are_checked_all_the_same(project):
    folder = project.path / "contracts"
    folder.mkdir()
    examples = ASYNCAPI.replace("required: [message, shipment]}}", "required: [message, shipment]}, examples: [{payload: {message: M}}]}")
    write_contract(folder, asyncapi=examples)
    project.configure(head='contracts = ["contracts"]')
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = project.run("contracts/small.yaml", "-q")
    lines = [" ".join(line.split()) for line in result.outlines]
    assert "Contracts 0 1 0 46" in lines, result.outlines
    assert any("Failed to fit example '1' of message 'delivered'" in line for line in lines)
