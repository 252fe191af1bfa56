"""What can be said of a mapping without running anything: does it fit together, and does it fit the schemas of both sides?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from types import MappingProxyType

import jsonschema_rs

from erp_testkit.contracts.check import Judged, Live
from erp_testkit.contracts.mapping.damage import number
from erp_testkit.contracts.mapping.findings import MAPPING
from erp_testkit.contracts.mapping.model import DATES, DAY, FIGURES, MOMENT, Field, Mapping, Type, date_from
from erp_testkit.contracts.mapping.schemas import Leaf, Schema
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Finding, Severity

_JSON_TYPES: Map[Type, frozenset[str]] = MappingProxyType(
    {
        Type.TEXT: frozenset({"string"}),
        Type.INTEGER: frozenset({"integer", "number", "string"}),
        Type.DECIMAL: frozenset({"integer", "number", "string"}),
        Type.DATE: frozenset({"string"}),
        Type.DATETIME: frozenset({"string"}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """The check."""

    mapping: Mapping
    line: int
    id: str = "fields"
    title: str = "the fields fit together and fit both sides"
    ports: frozenset[str] = frozenset()
    writes: bool = False

    def run(self, live: Live) -> Judged:  # noqa: ARG002  # nothing needs to run for it
        """Judge the file.

        Raises:
            UsageError: a schema cannot be read, or a path is not in it; all such paths are named.
        """
        return Judged(findings=list(judge(self.mapping)), counted=len(self.mapping.fields))


def judge(mapping: Mapping) -> Iterator[Finding]:
    """Yield what does not fit.

    Raises:
        UsageError: a schema cannot be read, or a path is not in it; all such paths are named.
    """
    sides = _Sides(mapping)
    yield from _feeding(mapping, sides)
    for one in mapping.fields:
        for kind, what in (*_identifier(one), *_example(one, sides.target.get(one)), *_fits(one, sides)):
            yield _told(mapping, kind, what, one)


class _Sides:
    """What the schemas of both sides say of the fields."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._problems: list[str] = []
        folder = mapping.file.parent
        source = Schema(mapping.source.schema_, folder) if mapping.source.schema_ else None
        self.target_schema = Schema(mapping.target.schema_, folder) if mapping.target.schema_ else None
        sourced = {one: one.source for one in mapping.fields if one.source}
        self.source = self._leaves("source", source, sourced)
        self.target = self._leaves("target", self.target_schema, {one: one.target for one in mapping.fields})
        if self._problems:
            listed = "\n".join(f"- {problem}" for problem in self._problems)
            raise UsageError(
                f"Failed to follow the paths of mapping contract {mapping.file}: expected each in the schema of its side, "
                f"got {len(self._problems)} that {'is' if len(self._problems) == 1 else 'are'} not:\n{listed}\n"
                "Next: correct the path, or the schema it is looked for in"
            )

    def _leaves(self, side: str, schema: Schema | None, paths: Map[Field, str]) -> dict[Field, Leaf]:
        found: dict[Field, Leaf] = {}
        for one, path in paths.items() if schema is not None else ():
            assert schema is not None
            try:
                found[one] = schema.leaf(path)
            except KeyError as error:
                self._problems.append(f"line {self._mapping.line_of(one)}, {side} {path}: {error.args[0]} (schema {schema.place})")
        return found


def _feeding(mapping: Mapping, sides: _Sides) -> Iterator[Finding]:
    by_target: dict[str, list[Field]] = defaultdict(list)
    by_source: dict[str, list[Field]] = defaultdict(list)
    for one in mapping.fields:
        by_target[one.target].append(one)
        if one.source is not None:
            by_source[one.source].append(one)
    for target, fields in by_target.items():
        if len(fields) > 1:
            what = f"expected one source for {target}, got {_listed([one.source or 'a constant' for one in fields])}"
            yield _told(mapping, "field-fed-twice", what, fields[-1])
    for source, fields in by_source.items():
        if len(fields) > 1 and not any(one.also for one in fields):
            what = (
                f"expected {source} to feed one field, got {_listed([one.target for one in fields])} (say 'also: true' where it is meant)"
            )
            yield _told(mapping, "source-feeds-two", what, fields[-1])
    if sides.target_schema is not None and mapping.target.document is None:
        for path in sides.target_schema.required():
            if path not in by_target:
                what = f"expected a source for {path}, which its schema requires, got none"
                message = _message(mapping, what, mapping.line("fields"))
                yield MAPPING["field-not-fed"].found(message, place=path, key=path)


def _identifier(one: Field) -> Iterator[tuple[str, str]]:
    """Yield what the contract itself does to an identifier, or to a field that says never."""
    transform = one.transform
    if "case" in one.never and transform.case:
        yield "identifier-unsafe", f"expected {one.target} to keep its case, got a transform to {transform.case} case"
    if one.identifier is None:
        return
    wanted = Type.DATE if one.identifier == "expiry" else Type.TEXT
    if one.type is not wanted:
        yield "identifier-unsafe", f"expected type {wanted} for {one.identifier} {one.target}, got {one.type}"
    if one.codes is not None:
        yield "identifier-unsafe", f"expected {one.identifier} {one.target} as it is, got a code list that translates it"
    if transform.pad.side == "left" and wanted is Type.TEXT and transform.pad.with_ == "0":
        yield (
            "identifier-unsafe",
            f"expected {one.identifier} {one.target} not to be filled with zeros, which may be its own, got such a transform",
        )
    if wanted is Type.DATE and transform.date and not ("YY" in transform.date and "MM" in transform.date and "DD" in transform.date):
        yield "identifier-unsafe", f"expected year, month and day in {one.target}, got the pattern {transform.date}"


def _fits(one: Field, sides: _Sides) -> Iterator[tuple[str, str]]:
    for side, leaf in (("source", sides.source.get(one)), ("target", sides.target.get(one))):
        if leaf is not None:
            yield from _type(one, side, leaf)
            yield from _length(one, side, leaf)
            yield from _codes(one, side, leaf)
            if leaf.unit and one.unit and leaf.unit != one.unit:
                yield "unit-mismatch", f"expected {one.target} in {one.unit}, got a {side} in {leaf.unit}"
            if side == "target" and leaf.required and not leaf.nullable and not one.required:
                yield "required-mismatch", f"expected a value for {one.target}, which its schema requires, got a field that may stay empty"


def _type(one: Field, side: str, leaf: Leaf) -> Iterator[tuple[str, str]]:
    expected = frozenset({"string"}) if one.identifier else _JSON_TYPES[one.type]
    if side == "source" and one.codes and set(one.codes) <= {"true", "false"}:
        expected |= {"boolean"}
    wrong = leaf.types - expected
    if wrong:
        breach = "identifier-unsafe" if one.identifier else "type-mismatch"
        yield breach, f"expected {_listed(sorted(expected))} for {one.target}, got a {side} of type {_listed(sorted(leaf.types))}"
    formats = {Type.DATE: "date", Type.DATETIME: "date-time"}
    if one.type in DATES and leaf.format in formats.values() and leaf.format != formats[one.type]:
        yield "type-mismatch", f"expected format {formats[one.type]} for {one.target}, got a {side} of format {leaf.format}"


def _length(one: Field, side: str, leaf: Leaf) -> Iterator[tuple[str, str]]:
    if one.length is None or leaf.max_length is None or one.type is not Type.TEXT:
        return
    if side == "source" and leaf.max_length > one.length:
        breach = "identifier-unsafe" if one.identifier else "length-mismatch"
        yield breach, f"expected room for {leaf.max_length} characters of {one.source} in {one.target}, got {one.length}"
    if side == "target" and leaf.max_length < one.length:
        yield "length-mismatch", f"expected room for {one.length} characters in {one.target}, got {leaf.max_length} in its schema"


def _codes(one: Field, side: str, leaf: Leaf) -> Iterator[tuple[str, str]]:
    if leaf.codes is None or one.type is not Type.TEXT:
        return
    if side == "target" and (unknown := set((one.codes or {}).values()) - leaf.codes):
        yield "codes-mismatch", f"expected codes of {one.target} its schema knows, got {_listed(sorted(unknown))}"
    if side == "source" and one.codes is not None and (missing := leaf.codes - set(one.codes)):
        yield "codes-mismatch", f"expected every code of {one.source} in the list of {one.target}, got none for {_listed(sorted(missing))}"


def _example(one: Field, leaf: Leaf | None) -> Iterator[tuple[str, str]]:
    if one.example is None:
        return
    example = one.example
    if one.length is not None and len(example) > one.length:
        yield "example-mismatch", f"expected an example of {one.target} of at most {one.length} characters, got {example!r}"
    if one.type in FIGURES and number(example) is None:
        yield "example-mismatch", f"expected a figure as example of {one.target}, got {example!r}"
    if one.type in DATES and one.transform.constant is None:
        pattern = one.transform.date or (DAY if one.type is Type.DATE else MOMENT)
        if date_from(example, pattern) is None:
            yield "example-mismatch", f"expected an example of {one.target} written as {pattern}, got {example!r}"
    if one.codes is not None and example not in one.codes.values():
        yield "example-mismatch", f"expected one of the codes as example of {one.target}, got {example!r}"
    if leaf is not None:
        value = int(example) if "integer" in leaf.types and example.isdecimal() else example
        for schema in leaf.always:
            own = {key: rule for key, rule in schema.items() if key in ("type", "pattern", "maxLength", "minLength", "enum", "format")}
            if not jsonschema_rs.is_valid(own, value, validate_formats=True):
                yield "example-mismatch", f"expected an example of {one.target} its schema takes, got {example!r}"
                return


def _told(mapping: Mapping, kind: str, what: str, one: Field) -> Finding:
    severity = Severity.BLOCKER if one.identifier else Severity.CRITICAL if one.never else Severity.NORMAL
    line = mapping.line_of(one)
    return MAPPING[kind].found(
        _message(mapping, what, line),
        severity=severity,
        place=one.target,
        key=one.target,
        evidence=[{"source": one.source, "target": one.target, "line": line}],
    )


def _message(mapping: Mapping, what: str, line: int) -> str:
    where = f"promised in {mapping.file.name}:{line}"
    return f"Failed to fit the fields of {mapping.name} together: {what}.\n  {where}\nNext: correct the contract, or the side that is wrong"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
