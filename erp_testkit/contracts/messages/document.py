"""Reading AsyncAPI 3 documents: which channels there are, which way messages go on them, and the JSON Schema each message keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

import jsonschema_rs
import yaml

from erp_testkit.contracts.kinds import read_text
from erp_testkit.domain.errors import UsageError, closest

SEND, RECEIVE = "send", "receive"
"""What the ERP does on a channel, in AsyncAPI's words."""


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

    def misfits(self, payload: Any, headers: Mapping[str, Any] | None = None) -> list[str]:
        """Return what of a message does not fit, each with its place; headers are looked at where they are given."""
        found = [] if self.body is None else [_misfit("body", error) for error in self.body.iter_errors(payload)]
        return found if headers is None else found + self.header_misfits(headers)

    def header_misfits(self, headers: Mapping[str, Any]) -> list[str]:
        """Return what of a message's headers does not fit; a figure or truth value may stand as the text it travels as."""
        if self.headers is None:
            return []
        written = {self.header_names.get(name.lower(), name): value for name, value in headers.items()}
        untyped = {error.instance_path[0] for error in self.headers.iter_errors(written) if _may_be_untyped(error)}
        texts = {name: written[name] for name in untyped if isinstance(written[name], str)}
        written |= {name: json.loads(text) for name, text in texts.items() if _SCALAR.fullmatch(text)}
        return [_misfit("headers", error) for error in self.headers.iter_errors(written)]

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

    def misfits(self, body: str, headers: Mapping[str, str]) -> list[str]:
        """Return why a message fits none of the channel's forms; of several forms, why not the one it is most like."""
        return min((_misfits(form, body, headers) for form in self.forms), key=len, default=[])


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
    reader = _Reader()
    root = reader.root(file.resolve())
    if root is None:
        raise reader.failure(file)
    version = root.get("asyncapi")
    if not str(version.value).startswith("3."):
        text = f"Failed to read contract {file}: expected AsyncAPI 3, got {version.value!r} at line {version.line}."
        raise UsageError(f"{text} Next: convert it, for example with 'asyncapi convert'")
    info = root.get("info")
    title = reader.text(info.get("title"), file.stem)
    default_type = reader.text(root.get("defaultContentType"), "application/json", needed=False)
    operations = list(reader.entries(root.get("operations"), needed=False))
    channels = {name: _channel(reader, name, spot, operations, default_type) for name, spot in reader.entries(root.get("channels"))}
    for name, operation in operations:
        target = operation.get("channel").get("$ref")
        if not any(_points_to(operation, channel) for channel in channels):
            reader.wrong(target, f"operation {name} to point to a channel of this file, such as '#/channels/NAME'", target.value)
        if operation.get("action").value not in (SEND, RECEIVE):
            reader.wrong(operation.get("action"), f"'{SEND}' or '{RECEIVE}'", operation.get("action").value)
    if reader.problems:
        raise reader.failure(file)
    return Document(title=title, channels=channels)


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was read."""

    path: Path
    data: Any
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in a file, by its JSON pointer, and what stands there; None where nothing does."""

    file: _File
    pointer: str
    value: Any

    @property
    def line(self) -> int:
        """The line it stands on; where nothing stands, that of what it was looked for in."""
        pointer = self.pointer
        while pointer and pointer not in self.file.lines:
            pointer = pointer.rpartition("/")[0]
        return self.file.lines.get(pointer, 1)

    @property
    def uri(self) -> str:
        """Its address, for ``$ref``."""
        return f"{self.file.path.as_uri()}#{quote(self.pointer, safe='/~')}"

    def get(self, key: str | int) -> _Spot:
        """Return the spot of an entry."""
        holds = isinstance(self.value, list) if isinstance(key, int) else isinstance(self.value, dict) and key in self.value
        return _Spot(self.file, f"{self.pointer}/{_escaped(str(key))}", self.value[key] if holds else None)


class _Reader:
    """Reads files and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._files: dict[Path, _File | None] = {}

    def failure(self, file: Path) -> UsageError:
        listed = "\n".join(f"- {problem}" for problem in dict.fromkeys(self.problems))
        return UsageError(f"Failed to read contract {file}: expected no mistakes, got {len(set(self.problems))}:\n{listed}")

    def wrong(self, spot: _Spot, expected: str, got: object, hint: str = "") -> None:
        place = spot.pointer.removeprefix("/").replace("/", " › ").replace("~1", "/").replace("~0", "~")
        said = f"expected {expected}, got {'nothing' if got is None else repr(got)}. {hint}".rstrip()
        self.problems.append(f"{spot.file.path.name}:{spot.line} {place}: {said}")

    def root(self, path: Path) -> _Spot | None:
        """Return the whole of a file; None where it cannot be read."""
        if path not in self._files:
            self._files[path] = self._read(path)
        file = self._files[path]
        return None if file is None else _Spot(file, "", file.data)

    def _read(self, path: Path) -> _File | None:
        try:
            data, lines, doubled = _parse(read_text(path))
        except yaml.MarkedYAMLError as error:
            line = 1 if error.problem_mark is None else error.problem_mark.line + 1
            self.problems.append(f"{path.name}:{line}: expected YAML, got {error.problem or error.context}.")
            return None
        except (yaml.YAMLError, UsageError) as error:
            self.problems.append(f"{path.name}: {error}")
            return None
        self.problems += [f"{path.name}:{line} {key}: expected each key once, got it twice." for key, line in doubled]
        if not isinstance(data, dict):
            self.problems.append(f"{path.name}:1: expected a table of keys and values, got {type(data).__name__}.")
            return None
        return _File(path, data, lines)

    def follow(self, spot: _Spot) -> _Spot:
        """Return what a spot's ``$ref`` points to at last; the spot itself where it has none, or none that leads anywhere."""
        seen = set()
        while isinstance(spot.value, dict) and isinstance(spot.value.get("$ref"), str):
            if spot.uri in seen:
                self.wrong(spot.get("$ref"), "a reference that ends somewhere", spot.value["$ref"])
                break
            seen.add(spot.uri)
            target = self._target(spot)
            if target is None:
                break
            spot = target
        return spot

    def _target(self, spot: _Spot) -> _Spot | None:
        reference = spot.value["$ref"]
        address, pointer = urldefrag(urljoin(spot.file.path.as_uri(), reference))
        if urlsplit(address).scheme != "file":
            self.wrong(spot.get("$ref"), "a reference into this file or a file beside it", reference)
            return None
        path = Path(url2pathname(urlsplit(address).path))
        if not path.is_file():
            self.wrong(spot.get("$ref"), "a file that exists", reference)
            return None
        target = self.root(path)
        for part in unquote(pointer).split("/")[1:] if target else ():
            assert target is not None
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(target.value, list) and key.isdecimal() and int(key) < len(target.value):
                target = target.get(int(key))
                continue
            if not isinstance(target.value, dict) or key not in target.value:
                hint = closest(key, map(str, target.value)) if isinstance(target.value, dict) else ""
                self.wrong(spot.get("$ref"), "a reference to something that exists", reference, hint)
                return None
            target = target.get(key)
        return target

    def retrieve(self, uri: str) -> Any:
        """Return a file's data, for the validator."""
        root = self.root(Path(url2pathname(urlsplit(uri).path))) if uri.startswith("file:") else None
        if root is None:
            raise ValueError("expected a file beside the contract")
        return root.value

    def entries(self, spot: _Spot, *, needed: bool = True) -> Iterator[tuple[str, _Spot]]:
        """Return the entries of a table, with what their references point to."""
        if isinstance(spot.value, dict):
            for name in spot.value:
                yield str(name), self.follow(spot.get(name))
        elif spot.value is not None or needed:
            self.wrong(spot, "a table", spot.value)

    def listed(self, spot: _Spot) -> list[_Spot]:
        """Return what stands in a list."""
        if spot.value is not None and not isinstance(spot.value, list):
            self.wrong(spot, "a list", spot.value)
            return []
        return [spot.get(index) for index in range(len(spot.value or ()))]

    def text(self, spot: _Spot, default: str, *, needed: bool = True) -> str:
        if isinstance(spot.value, str) and spot.value:
            return spot.value
        if spot.value is not None or needed:
            self.wrong(spot, "a text", spot.value)
        return default

    def validator(self, spot: _Spot) -> Any:
        """Return the validator of a schema; None where there is none, or a wrong one."""
        if isinstance(spot.value, dict) and "schemaFormat" in spot.value:
            said = spot.get("schemaFormat")
            if not str(said.value).startswith(("application/vnd.aai.asyncapi", "application/schema+")):
                self.wrong(said, "JSON Schema ('application/schema+json;version=draft-07')", said.value)
                return None
            spot = spot.get("schema")
        if spot.value is None:
            return None
        target = self.follow(spot)
        if isinstance(target.value, dict) and "$ref" in target.value:
            return None  # it leads nowhere, as was said
        try:
            jsonschema_rs.meta.validate(target.value)
        except jsonschema_rs.ValidationError as error:
            for part in error.instance_path:
                target = target.get(part)
            self.wrong(target, f"a valid JSON Schema ({error.message})", target.value)
            return None
        try:
            # AsyncAPI's own schemas are Draft 7; a file that says ``$schema`` is read as what it says.
            return jsonschema_rs.Draft7Validator({"$ref": target.uri}, validate_formats=True, retriever=self.retrieve)
        except jsonschema_rs.ValidationError as error:
            # Something this schema points to; where it stands, only the message says.
            self.wrong(target, "a schema all of which can be read", error.message)
            return None


def _channel(reader: _Reader, name: str, spot: _Spot, operations: Sequence[tuple[str, _Spot]], default_type: str) -> Channel:
    ours = [operation for _, operation in operations if _points_to(operation, name)]
    methods = [operation.get("bindings").get("http").get("method").value for operation in ours]
    return Channel(
        name=name,
        address=reader.text(spot.get("address"), "", needed=False),
        actions=frozenset(str(operation.get("action").value) for operation in ours),
        method=next((method for method in methods if isinstance(method, str)), "POST"),
        forms=[_form(reader, key, message, default_type) for key, message in reader.entries(spot.get("messages"), needed=False)],
        line=spot.line,
    )


def _points_to(operation: _Spot, channel: str) -> bool:
    return unquote(str(operation.get("channel").get("$ref").value)) == f"#/channels/{_escaped(channel)}"


def _form(reader: _Reader, name: str, spot: _Spot, default_type: str) -> Form:
    parts = [spot, *map(reader.follow, reader.listed(spot.get("traits")))]

    def said(key: str) -> _Spot:
        """Return what the message, or the first of its traits, says."""
        return next((part.get(key) for part in parts if part.get(key).value is not None), spot.get(key))

    headers = reader.follow(said("headers"))
    said_of_headers = (headers.get("properties").value, headers.get("required").value)
    written = [name for names in said_of_headers if isinstance(names, dict | list) for name in names]
    return Form(
        name=name,
        content_type=reader.text(said("contentType"), default_type, needed=False),
        body=reader.validator(spot.get("payload")),
        headers=reader.validator(said("headers")),
        header_names={str(key).lower(): str(key) for key in written},
        examples=[_example(reader, position, example) for position, example in enumerate(reader.listed(spot.get("examples")), start=1)],
    )


def _example(reader: _Reader, position: int, spot: _Spot) -> Example:
    headers = spot.get("headers").value
    return Example(
        name=reader.text(spot.get("name"), str(position), needed=False),
        payload=spot.get("payload").value,
        shows_payload=isinstance(spot.value, dict) and "payload" in spot.value,
        headers=headers if isinstance(headers, dict) else None,
        line=spot.line,
    )


def _misfits(form: Form, body: str, headers: Mapping[str, str]) -> list[str]:
    try:
        return form.misfits(form.parse(body), headers)
    except ValueError as error:
        return [f"body: expected JSON, got {error}"]


_SCALAR = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false")


def _may_be_untyped(error: jsonschema_rs.ValidationError) -> bool:
    """Say whether a header may only misfit because it travels as text."""
    return bool(error.instance_path) and error.kind.name in ("type", "enum", "const", "anyOf", "oneOf")


def _misfit(part: str, error: jsonschema_rs.ValidationError) -> str:
    return f"{'.'.join([part, *map(str, error.instance_path)])}: {error.message}"


class _Loader(yaml.SafeLoader):
    """YAML in which a date stays the text it is, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _parse(text: str) -> tuple[Any, Mapping[str, int], Sequence[tuple[str, int]]]:
    """Return the data of a YAML or JSON text, the line of each JSON pointer, and keys that stand twice in one table."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        doubled: list[tuple[str, int]] = []
        _note(node, "", lines, doubled, ())
        return (None if node is None else loader.construct_document(node)), lines, doubled
    finally:
        loader.dispose()


def _note(node: Any, pointer: str, lines: dict[str, int], doubled: list[tuple[str, int]], above: tuple[int, ...]) -> None:
    if node is None or id(node) in above:
        return
    lines.setdefault(pointer, node.start_mark.line + 1)
    inner = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                # Keys are texts, as in JSON: a channel may be named 1 or on.
                key.tag = "tag:yaml.org,2002:str"
            below = f"{pointer}/{_escaped(str(key.value))}"
            if below in lines:
                doubled.append((str(key.value), key.start_mark.line + 1))
            lines[below] = key.start_mark.line + 1
            _note(value, below, lines, doubled, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _note(value, f"{pointer}/{index}", lines, doubled, inner)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
