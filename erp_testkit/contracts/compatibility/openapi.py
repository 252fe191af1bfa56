"""Comparing two OpenAPI contracts, operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from erp_testkit.contracts.compatibility import access, lifecycle
from erp_testkit.contracts.compatibility.change import Change, Side
from erp_testkit.contracts.compatibility.report import Report
from erp_testkit.contracts.compatibility.schemas import Schemas
from erp_testkit.specs.document import Document, Spot, without_extensions
from erp_testkit.specs.openapi import Operation, operations_of
from erp_testkit.specs.schema import Views

_TEMPLATE = re.compile(r"\{[^}]*\}")
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Headers OpenAPI describes elsewhere; as parameters they do not count."""

Item = Mapping[str, Any]


class OpenApi:
    """Compares two versions of an OpenAPI contract.

    Args:
        old: the old version.
        new: the new version.
        today: what an announced day is held against.
    """

    def __init__(self, old: Document, new: Document, today: date) -> None:
        self._old, self._new, self._today = old, new, today
        self._was, self._now = Views(old), Views(new)
        self._schemas = Schemas(self._was, self._now)
        self._report = Report()

    def changes(self) -> list[Change]:
        """Return every change."""
        access.compare(self._old.content, self._new.content, self._report)
        for section, called in (("paths", ""), ("webhooks", "webhook")):
            self._section(self._old.whole.get(section), self._new.whole.get(section), called=called)
        return self._report.changes()

    def _section(self, was: Spot, now: Spot, *, called: str) -> None:
        old, new = _operations(was, named=bool(called)), _operations(now, named=bool(called))
        paths = {key[0] for key in new}
        for key, operation in old.items():
            place = f"{called} {operation.label}".strip()
            if key in new:
                self._operation(operation, new[key], place, called=bool(called))
            elif called:
                self._report.add(f"{called}-removed", place)
            else:
                kind = "api" if key[0] in paths else "api-path"
                parse = "api-path-sunset-parse" if kind == "api-path" else "api-deprecated-sunset-parse"
                rule, sunset = lifecycle.removed(operation.content, f"{kind}-removed", parse, self._today)
                self._report.add(rule, place, old=sunset)
        for key, operation in new.items():
            if key not in old:
                self._report.add(f"{called or 'endpoint'}-added", f"{called} {operation.label}".strip())

    def _operation(self, old: Operation, new: Operation, place: str, *, called: bool) -> None:
        """Compare an operation; one that is `called` by the system is judged the other way round."""
        sends, gets = (Side.RESPONSE, Side.REQUEST) if called else (Side.REQUEST, Side.RESPONSE)
        was, now = old.content, new.content
        for rule, figures in lifecycle.announced(was, now, "endpoint", with_sunset=True):
            self._report.add(_OF_ENDPOINTS.get(rule, rule), place, *figures)
        for rule, figures in lifecycle.moved(was, now, "sunset-deleted", "api-sunset-date-changed-too-small"):
            self._report.add(rule, place, *figures)
        if was.get("operationId") != now.get("operationId"):
            what = "added" if was.get("operationId") is None else "removed"
            self._report.add(f"api-operation-id-{what}", place, was.get("operationId"), now.get("operationId"))
        for tag in sorted(set(was.get("tags", ())) - set(now.get("tags", ()))):
            self._report.add("api-tag-removed", place, tag)
        for tag in sorted(set(now.get("tags", ())) - set(was.get("tags", ()))):
            self._report.add("api-tag-added", place, None, tag)
        if "security" in was or "security" in now:
            needed, needs = (
                content.get("security", document.content.get("security")) for content, document in ((was, self._old), (now, self._new))
            )
            access.compare_needs(needed, needs, self._report, place)
        self._parameters(old, new, place)
        self._body(old.body.value, new.body.value, place, sends)
        self._answers(without_extensions(was.get("responses", {})), without_extensions(now.get("responses", {})), place, gets)
        self._callbacks(old.spot.get("callbacks"), new.spot.get("callbacks"), place)

    def _callbacks(self, old: Spot, new: Spot, place: str) -> None:
        for name in sorted({*(old.value or ()), *(new.value or ())}):
            was, now = _operations(old.get(name).follow()), _operations(new.get(name).follow())
            for key in sorted({*was, *now}):
                inner = f"{place} callback {name} {(was.get(key) or now[key]).label}"
                if key in was and key in now:
                    self._operation(was[key], now[key], inner, called=True)
                else:
                    self._report.add("callback-added" if key in now else "callback-removed", inner)

    def _parameters(self, old: Operation, new: Operation, place: str) -> None:
        was, now = _parameters(old), _parameters(new)
        for key, parameter in was.items():
            inner = f"{place} {parameter['in']} parameter {parameter['name']}"
            if key in now:
                self._parameter(parameter, now[key], inner, place)
            elif parameter["in"] != "path":
                rule, sunset = lifecycle.removed(parameter, "request-parameter-removed", "request-parameter-sunset-parse", self._today)
                self._report.add(rule.removesuffix("-without-deprecation"), inner, sunset, operation=place, field=parameter["name"])
        for key, parameter in now.items():
            if key not in was:
                kind = "path" if parameter["in"] == "path" else "required" if parameter.get("required") else "optional"
                rule = "new-request-path-parameter" if kind == "path" else f"new-{kind}-request-parameter"
                inner = f"{place} {parameter['in']} parameter {parameter['name']}"
                self._report.add(rule, inner, operation=place, field=parameter["name"])

    def _parameter(self, old: Item, new: Item, place: str, operation: str) -> None:
        def add(rule: str, was: Any = None, now: Any = None) -> None:
            self._report.add(f"request-parameter-{rule}", place, was, now, operation=operation, field=old["name"])

        if bool(old.get("required")) != bool(new.get("required")):
            add("became-required" if new.get("required") else "became-optional")
        for rule, _ in lifecycle.announced(old, new, "", with_sunset=False):
            add(rule.removeprefix("-"))
        for rule, figures in lifecycle.moved(old, new, "sunset-deleted", "sunset-date-changed-too-small"):
            add(rule, *figures)
        first, second = _schema_of(old, self._was), _schema_of(new, self._now)
        was, now = _style(old), _style(new)
        several = not all(_is_single(views, schema) for views, schema in ((self._was, first), (self._now, second)))
        if was[0] != now[0]:
            add("style-changed", was[0], now[0])
        elif was[1] != now[1] and several:
            add("explode-changed", was[1], now[1])
        if old["in"] == "query" and bool(old.get("allowReserved")) != bool(new.get("allowReserved")):
            add("became-allow-reserved" if new.get("allowReserved") else "became-not-allow-reserved")
        node = self._schemas.compare(first, second, Side.REQUEST, text="content" not in old)
        self._report.use(node, "parameter", operation, place.removeprefix(operation).strip())

    def _body(self, old: Item | None, new: Item | None, place: str, side: Side) -> None:
        if old is None or new is None:
            if old is not None:
                self._report.add("request-body-removed", place)
            elif new is not None:
                self._report.add(f"request-body-added-{'required' if new.get('required') else 'optional'}", place)
            return
        if bool(old.get("required")) != bool(new.get("required")):
            self._report.add(f"request-body-became-{'required' if new.get('required') else 'optional'}", place)
        self._content(
            old.get("content", {}), new.get("content", {}), place, side, "body", "request-body-media-type", "request-body-media-type"
        )

    def _answers(self, old: Item, new: Item, place: str, side: Side) -> None:
        # Where a code of success is named, default is what failures are answered with.
        succeeded, succeeds = (any(_is_success(code) for code in answers) for answers in (old, new))
        for code, answer in old.items():
            match = _covering(new, code, default=not _is_success(code))
            if match is None:
                success = _is_success(code) or (code == "default" and not succeeded and not succeeds)
                rule = f"response-{'success' if success else 'non-success'}-status-removed"
                self._report.add(rule, f"{place} answer {code}", code, operation=place)
            else:
                self._answer(answer, match, place, f"answer {code}", side)
        for code, answer in new.items():
            if code in old:
                continue
            match = _covering(old, code, default=not (succeeded and _is_success(code)))
            if match is not None:
                self._answer(match, answer, place, f"answer {code}", side)
            elif not any(known[0] == code[0] for known in old if code.endswith("XX")):
                rule = f"response-{'success' if _is_success(code) else 'non-success'}-status-added"
                self._report.add(rule, f"{place} answer {code}", None, code, operation=place)

    def _answer(self, old: Item, new: Item, place: str, inner: str, side: Side) -> None:
        was, now = self._was.document.follow(old), self._now.document.follow(new)
        self._headers(was.get("headers", {}), now.get("headers", {}), place, inner, side)
        rules = "response-media-type", "response-body-media-type"
        self._content(was.get("content", {}), now.get("content", {}), place, side, inner, *rules)

    def _headers(self, old: Item, new: Item, place: str, answer: str, side: Side) -> None:
        was = {name.lower(): (name, self._was.document.follow(header)) for name, header in old.items() if name.lower() != "content-type"}
        now = {name.lower(): (name, self._now.document.follow(header)) for name, header in new.items() if name.lower() != "content-type"}
        for key in sorted({*was, *now}):
            name = (was.get(key) or now[key])[0]
            inner = f"{answer} header {name}"
            header, match = was.get(key, ("", None))[1], now.get(key, ("", None))[1]
            if match is None or header is None:
                required = "required" if header is not None and header.get("required") else "optional"
                rule = "response-header-added" if header is None else f"{required}-response-header-removed"
                self._report.add(rule, f"{place} {inner}", operation=place, field=name)
                continue
            if bool(header.get("required")) != bool(match.get("required")):
                rule = f"response-header-became-{'required' if match.get('required') else 'optional'}"
                self._report.add(rule, f"{place} {inner}", operation=place, field=name)
            node = self._schemas.compare(_schema_of(header, self._was), _schema_of(match, self._now), side, text=True)
            self._report.use(node, "header" if side is Side.RESPONSE else "parameter", place, inner)

    def _content(self, old: Item, new: Item, place: str, side: Side, part: str, kind_rule: str, schema_rule: str) -> None:
        was, now = _kinds(old, self._was), _kinds(new, self._now)
        for kind in sorted({*was, *now}):
            if kind not in now or kind not in was:
                what = "added" if kind in now else "removed"
                figures = (None, kind) if kind in now else (kind, None)
                self._report.add(f"{kind_rule}-{what}", f"{place} {part}", *figures, operation=place)
        for first, second, kinds in _same_pairs(was, now):
            if first is None or second is None:
                what = "added" if first is None else "removed"
                self._report.add(f"{schema_rule}-schema-{what}", f"{place} {part} as {', '.join(kinds)}", operation=place)
                continue
            text = not any("json" in kind or "xml" in kind for kind in kinds)
            node = self._schemas.compare(first, second, side, text=text)
            self._report.use(node, "body", place, part if len(was) == len(kinds) else f"{part} as {', '.join(kinds)}")


_OF_ENDPOINTS = {"endpoint-deprecated-sunset-invalid": "api-deprecated-sunset-parse"}


def same_path(path: str) -> str:
    """Return a path without the names of its parameters: two that differ in those only are the same."""
    return _TEMPLATE.sub("{}", path)


def _operations(paths: Spot, *, named: bool = False) -> dict[tuple[str, str], Operation]:
    return {(same_path(operation.path), operation.method): operation for operation in operations_of(paths, named=named)}


def _parameters(operation: Operation) -> dict[tuple[str, str], Item]:
    """Return an operation's parameters; those of the path are known by their place in it, headers in whatever letters."""
    places = {name[1:-1]: str(index) for index, name in enumerate(_TEMPLATE.findall(operation.path))}
    found = {}
    for parameter in (spot.value for spot in operation.parameters):
        name, kind = parameter["name"], parameter["in"]
        if kind == "header" and name.lower() in _NOT_PARAMETERS:
            continue
        key = places.get(name, name) if kind == "path" else name.lower() if kind == "header" else name
        found[kind, key] = parameter
    return found


def _is_success(code: str) -> bool:
    return code.startswith("2")


def _covering(answers: Item, code: str, *, default: bool) -> Item | None:
    """Return what is answered under a code: what is said of it, of its range, or by `default`, where that stands for it too."""
    found: Item | None = answers.get(code, answers.get(f"{code[0]}XX", answers.get("default") if default else None))
    return found


def _schema_of(holder: Item, views: Views) -> Any:
    """Return the schema of a parameter or header, written out or by the kind of its content."""
    content = next(iter(holder.get("content", {}).values()), None)
    return holder.get("schema", {}) if content is None else views.document.follow(content).get("schema", {})


def _style(parameter: Item) -> tuple[str, bool]:
    style = parameter.get("style") or ("form" if parameter["in"] in ("query", "cookie") else "simple")
    return style, bool(parameter.get("explode", style == "form"))


def _is_single(views: Views, schema: Any) -> bool:
    words = views.of(schema).words
    return bool(words.get("type")) and not words["type"] & {"array", "object"} and "branches" not in words


def _kinds(content: Item, views: Views) -> dict[str, Item]:
    """Return media types without what does not matter to who reads them."""
    return {
        re.sub(r"\s*;\s*(charset|boundary)=[^;]*", "", kind).strip().lower(): views.document.follow(media) or {}
        for kind, media in content.items()
    }


def _same_pairs(old: Mapping[str, Item], new: Mapping[str, Item]) -> Iterable[tuple[Any, Any, list[str]]]:
    """Return the pairs of schemas to compare, each once with the media types it stands for."""
    pairs: list[tuple[Any, Any, list[str]]] = []
    for kind in old:
        if kind in new:
            first, second = old[kind].get("schema"), new[kind].get("schema")
            known = next((pair for pair in pairs if pair[0] == first and pair[1] == second), None)
            if known is not None:
                known[2].append(kind)
            elif first is not None or second is not None:
                pairs.append((first, second, [kind]))
    return pairs
