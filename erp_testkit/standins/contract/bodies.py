"""Bodies of requests, read into the data their schema speaks of."""

from __future__ import annotations

import json
import math
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from erp_testkit.specs import parts
from erp_testkit.specs.document import Spot
from erp_testkit.standins.contract.document import Document

UNREAD = object()
"""Stands for a body of a kind that is not looked into."""


class Unreadable(Exception):
    """A body that is not what it says it is."""


def decoded(body: bytes, media: str, given: str, schema: Spot, document: Document) -> Any:
    """Return a body as data; `UNREAD` for kinds that are not looked into.

    Args:
        body: as sent.
        media: its media type, without parameters.
        given: its media type as sent, with parameters.
        schema: what the contract says of it.
        document: the contract.

    Raises:
        Unreadable: it is not what its media type says.
    """
    if media == "application/json" or media.endswith("+json"):
        return _json(body)
    if media in {"application/xml", "text/xml"} or media.endswith("+xml"):
        return _xml(body, schema, document)
    if media.startswith("text/"):
        return _text(body)
    if media == "application/x-www-form-urlencoded":
        return _fields(parse_qs(_text(body), keep_blank_values=True), schema, document)
    if media == "multipart/form-data":
        return _fields(_multipart(body, given), schema, document)
    return UNREAD


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is no UTF-8") from error


def _json(body: bytes) -> Any:
    def no_number(text: str) -> None:
        raise Unreadable(f"{text} is no JSON")

    def number(text: str) -> float:
        if math.isinf(value := float(text)):
            raise Unreadable(f"{text} is more than can be read")
        return value

    try:
        return json.loads(_text(body), parse_constant=no_number, parse_float=number)
    except (ValueError, RecursionError) as error:
        # A ValueError is also what more digits are answered with than Python reads.
        raise Unreadable(f"no JSON ({error})") from error


def _xml(body: bytes, schema: Spot, document: Document) -> Any:
    try:
        # No document type at all: nothing of ours needs one, and it is how entities attack a reader.
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise Unreadable(f"no XML that is taken ({error})") from error
    wanted = (schema.value.get("xml") or {}).get("name") if isinstance(schema.value, dict) else None
    if wanted and root.tag != wanted:
        raise Unreadable(f"expected an element {wanted}, got {root.tag}")
    return _element(root, schema, document)


def _element(element: Element, schema: Spot, document: Document) -> Any:
    """Return an element as data: text where it has no children, a list for what the schema calls an array."""
    properties = parts.properties(schema)
    if not (properties or parts.names(schema, "object")):
        return element.text or ""
    data: dict[str, Any] = dict(element.attrib)
    for child in element:
        if child.tag not in properties:
            data[child.tag] = child.text or ""
            continue
        described = properties[child.tag]
        if parts.names(described, "array"):
            entries = data.setdefault(child.tag, [])
            entry = parts.entry(described, len(entries))
            entries.append(_element(child, entry, document) if entry else child.text or "")
        elif child.tag in data:
            raise Unreadable(f"element {child.tag} is there twice")
        else:
            data[child.tag] = _element(child, described, document)
    return data


def _multipart(body: bytes, given: str) -> dict[str, list[str]]:
    message = message_from_bytes(b"Content-Type: " + given.encode("latin-1") + b"\r\n\r\n" + body)
    parts = message.get_payload()
    if not isinstance(parts, list):
        if body.strip() == f"--{message.get_boundary()}--".encode():
            return {}
        raise Unreadable("no parts")
    fields: dict[str, list[str]] = {}
    for part in parts:
        assert isinstance(part, Message)
        # A part with parts in it, such as a letter with its attachments, has no payload of its own.
        payload = part.as_bytes().partition(b"\n\n")[2] if part.is_multipart() else part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        name = part.get_param("name", header="content-disposition")
        if name is None:
            raise Unreadable("a part without a name")
        fields.setdefault(str(name), []).append(payload.decode("utf-8", errors="replace"))
    return fields


def _fields(fields: dict[str, list[str]], schema: Spot, document: Document) -> Any:
    """Return a form's fields, each in the type its schema wants."""
    properties = parts.properties(schema)
    return {name: _field(texts, properties.get(name), document) for name, texts in fields.items()}


def _field(texts: list[str], schema: Spot | None, document: Document) -> Any:
    """Return a field as itself, or as the JSON in it where only that fits."""
    if schema is None:
        return texts[0]
    fits = document.validator(schema, request=True).is_valid
    for reading in (lambda: texts[0], lambda: texts, lambda: json.loads(texts[0]), lambda: json.loads(f"[{','.join(texts)}]")):
        try:
            if fits(value := reading()):
                return value
        except (ValueError, RecursionError):
            continue
    return texts[0]
