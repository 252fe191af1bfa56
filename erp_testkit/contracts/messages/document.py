"""What an AsyncAPI document promises of each channel: which way messages go on it, and the JSON Schema each message keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from erp_testkit.specs import asyncapi, pointer
from erp_testkit.specs import document as specs
from erp_testkit.specs.asyncapi import RECEIVE, SEND
from erp_testkit.specs.document import Spot, mistakes

_BASE = "urn:contract"
_DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An example of a message, as the file shows it."""

    name: str
    payload: Any
    shows_payload: bool
    """Whether it does; else it shows headers only."""
    headers: Mapping[str, Any] | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One kind of message on a channel."""

    name: str
    content_type: str
    body: Any
    """Validator of its body: of the data where it is JSON, else of the text. None where nothing is promised."""
    headers: Any
    """Validator of its headers, None where nothing is promised."""
    header_names: Mapping[str, str]
    """Headers in lower case to how the schema writes them."""
    examples: Sequence[Example]

    def violations(self, payload: Any, headers: Mapping[str, Any] | None = None) -> list[str]:
        """Return what of a message does not fit, each with its place; headers are looked at where they are given."""
        found = [] if self.body is None else [_violation("body", error) for error in self.body.iter_errors(payload)]
        return found if headers is None else found + self.header_violations(headers)

    def header_violations(self, headers: Mapping[str, Any]) -> list[str]:
        """Return what of a message's headers does not fit; a figure or truth value may stand as the text it travels as."""
        if self.headers is None:
            return []
        written = {self.header_names.get(name.lower(), name): value for name, value in headers.items()}
        untyped = {error.instance_path[0] for error in self.headers.iter_errors(written) if _may_be_untyped(error)}
        texts = {name: written[name] for name in untyped if isinstance(written[name], str)}
        written |= {name: json.loads(text) for name, text in texts.items() if _SCALAR.fullmatch(text)}
        return [_violation("headers", error) for error in self.headers.iter_errors(written)]

    def parse(self, body: str) -> Any:
        """Return the data of a body that is JSON, else its text.

        Raises:
            ValueError: it should be JSON and is none, or is nested too deep.
        """
        try:
            return json.loads(body) if is_json(self.content_type) else body
        except RecursionError as error:
            raise ValueError("one nested too deep to read") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel: where messages of one interface go."""

    name: str
    address: str
    """Path below the system's address; empty where the file says none."""
    actions: frozenset[str]
    """What the ERP does: `SEND`, `RECEIVE`, both or nothing."""
    method: str
    """HTTP method messages are handed in with."""
    forms: Sequence[Form]
    line: int

    def violations(self, body: str, headers: Mapping[str, str]) -> list[str]:
        """Return why a message fits none of the channel's forms; of several forms, why not the one it is most like."""
        return min((_violations(form, body, headers) for form in self.forms), key=len, default=[])


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An AsyncAPI document."""

    title: str
    channels: Mapping[str, Channel]


def is_json(content_type: str) -> bool:
    """Say whether bodies of a content type are JSON."""
    return content_type.partition(";")[0].strip().endswith(("/json", "+json"))


def read(file: Path) -> Document:
    """Read an AsyncAPI document, with the schemas it points to.

    Raises:
        UsageError: it cannot be read or has mistakes; its text names all of them, each with file and line.
    """
    reader = _Reader(asyncapi.read(file))
    title = reader.text(reader.document.whole.get("info", "title"), file.stem)
    named = asyncapi.channels(reader.document)
    if not named:
        reader.wrong(reader.document.whole.get("channels"), "channels", None)
    channels = {name: reader.channel(channel) for name, channel in named.items()}
    known = {operation.pointer for channel in named.values() for operation in channel.operations}
    for name, operation in reader.document.whole.get("operations").entries():
        if operation.pointer not in known:
            target = operation.get("channel", "$ref")
            reader.wrong(target, f"operation {name} to point to a channel of this file, such as '#/channels/NAME'", target.value)
        if operation.get("action").value not in (SEND, RECEIVE):
            reader.wrong(operation.get("action"), f"'{SEND}' or '{RECEIVE}'", operation.get("action").value)
    if reader.problems:
        raise mistakes(file, reader.problems)
    return Document(title=title, channels=channels)


class _Reader:
    """Reads channels and messages, and collects what is wrong with them."""

    def __init__(self, document: specs.Document) -> None:
        self.document = document
        self.problems: list[str] = []
        self._registries: dict[str, jsonschema_rs.Registry] = {}

    def wrong(self, spot: Spot, expected: str, got: object) -> None:
        self.problems.append(f"{spot.place}: expected {expected}, got {'nothing' if got is None else repr(got)}.")

    def channel(self, channel: asyncapi.Channel) -> Channel:
        methods = [operation.get("bindings", "http", "method").value for operation in channel.operations]
        return Channel(
            name=channel.name,
            address=self.text(channel.spot.get("address"), "", needed=False),
            actions=frozenset(channel.moves),
            method=next((method for method in methods if isinstance(method, str)), "POST"),
            forms=[self._form(message) for message in channel.messages.values()],
            line=channel.spot.line,
        )

    def text(self, spot: Spot, default: str, *, needed: bool = True) -> str:
        if isinstance(spot.value, str) and spot.value:
            return spot.value
        if spot.value is not None or needed:
            self.wrong(spot, "a text", spot.value)
        return default

    def _form(self, message: asyncapi.Message) -> Form:
        headers = next(iter(message.said("headers")), message.spot.get("headers"))
        schema = asyncapi.schema_of(headers).follow()
        said_of_headers = (schema.get("properties").value, schema.get("required").value)
        written = [name for names in said_of_headers if isinstance(names, dict | list) for name in names]
        examples = message.spot.get("examples")
        if examples.value is not None and not isinstance(examples.value, list):
            self.wrong(examples, "a list", examples.value)
        return Form(
            name=message.name,
            content_type=message.content_type,
            body=self._validator(message.spot.get("payload")),
            headers=self._validator(headers),
            header_names={str(key).lower(): str(key) for key in written},
            examples=[self._example(position, example) for position, example in enumerate(examples.items(), start=1)],
        )

    def _example(self, position: int, spot: Spot) -> Example:
        headers = spot.get("headers").value
        return Example(
            name=self.text(spot.get("name"), str(position), needed=False),
            payload=spot.get("payload").value,
            shows_payload=isinstance(spot.value, dict) and "payload" in spot.value,
            headers=headers if isinstance(headers, dict) else None,
            line=spot.line,
        )

    def _validator(self, spot: Spot) -> Any:
        """Return the validator of a schema; None where there is none, or a wrong one."""
        form = spot.follow().get("schemaFormat")
        if form.value is not None and not str(form.value).startswith(("application/vnd.aai.asyncapi", "application/schema+")):
            self.wrong(form, "JSON Schema ('application/schema+json;version=draft-07')", form.value)
            return None
        schema = asyncapi.schema_of(spot).follow()
        if schema.value is None:
            return None
        try:
            jsonschema_rs.meta.validate(schema.value)
        except jsonschema_rs.ValidationError as error:
            place = schema.get(*error.instance_path)
            self.wrong(place, f"a valid JSON Schema ({error.message})", place.value)
            return None
        dialect = self._dialect(schema)
        reference = {"$schema": dialect, "$ref": f"{_BASE}{pointer.fragment(schema.pointer)}"}
        try:
            return jsonschema_rs.validator_for(reference, registry=self._registry(dialect), validate_formats=True)
        except jsonschema_rs.ValidationError as error:
            # Something this schema points to; where it stands, only the message says.
            self.wrong(schema, "a schema all of which can be read", error.message)
            return None

    def _dialect(self, schema: Spot) -> str:
        """Return the dialect a schema or the file it stands in says it is written in; AsyncAPI's own schemas are Draft 7."""
        found, above = _DRAFT_7, self.document.whole
        for step in (None, *pointer.steps(schema.pointer)):
            above = above if step is None else above.get(step)
            found = above.value.get("$schema", found) if isinstance(above.value, dict) else found
        return str(found)

    def _registry(self, dialect: str) -> jsonschema_rs.Registry:
        if dialect not in self._registries:
            content = {"$schema": dialect, **self.document.content}
            self._registries[dialect] = jsonschema_rs.Registry([(_BASE, content)])
        return self._registries[dialect]


def _violations(form: Form, body: str, headers: Mapping[str, str]) -> list[str]:
    try:
        return form.violations(form.parse(body), headers)
    except ValueError as error:
        return [f"body: expected JSON, got {error}"]


_SCALAR = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false")


def _may_be_untyped(error: jsonschema_rs.ValidationError) -> bool:
    """Say whether a header may only violate its schema because it travels as text."""
    return bool(error.instance_path) and error.kind.name in ("type", "enum", "const", "anyOf", "oneOf")


def _violation(part: str, error: jsonschema_rs.ValidationError) -> str:
    return f"{'.'.join([part, *map(str, error.instance_path)])}: {error.message}"
