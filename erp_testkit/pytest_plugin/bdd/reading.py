"""Reading a feature file: what the official Gherkin parser found, outlines expanded, and everything that is wrong with the file."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gherkin.dialect import Dialect
from gherkin.errors import CompositeParserException, NoSuchLanguageException, ParserException, UnexpectedEOFException
from gherkin.token_matcher import TokenMatcher

from erp_testkit.pytest_plugin.bdd.gherkin import Background, DataTable, Feature, Problem, Rule, Scenario, Step
from erp_testkit.pytest_plugin.bdd.parser import LineParser

_TOKENS = {
    "FeatureLine": "'Feature:'",
    "RuleLine": "'Rule:'",
    "BackgroundLine": "'Background:'",
    "ScenarioLine": "'Scenario:'",
    "ExamplesLine": "'Examples:'",
    "StepLine": "a step",
    "TableRow": "a table row",
    "DocStringSeparator": "a doc string",
    "TagLine": "tags",
    "Language": "'# language:'",
    "EOF": "the end of the file",
}
"""The parser's names of kinds of lines, in the user's words."""
_TYPES = {"Context": "given", "Action": "when", "Outcome": "then"}
_MATCHER = TokenMatcher()  # building one for each file is slow
_COLUMN = re.compile(r"<([^<>]+)>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def read(path: Path, shown_as: str) -> tuple[Sequence[Scenario], Sequence[Problem]]:
    """Read a feature file: its scenarios, and what is wrong with it.

    Args:
        path: the file.
        shown_as: how messages name it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        data = path.read_bytes()
        message = f"Failed to read feature file '{shown_as}': expected UTF-8, got byte 0x{data[error.start]:02x}."
        advice = f"iconv -f gb18030 -t utf-8 {shown_as} -o {shown_as}.utf-8"
        return (), [Problem(data[: error.start].count(b"\n") + 1, message, advice)]
    try:
        document: Any = LineParser().parse(text, _MATCHER)
    except CompositeParserException as error:
        # What is missing at the end of the file is only a mistake of its own where there was none before.
        mistakes = [found for found in error.errors if not isinstance(found, UnexpectedEOFException)] or error.errors
        return (), [_malformed(found, text.split("\n")) for found in mistakes]
    if "feature" not in document:
        return (), ()
    reader = _Reader(path, shown_as)
    return reader.feature(document["feature"]), reader.problems


def _malformed(error: ParserException, lines: Sequence[str]) -> Problem:
    line = error.location["line"]
    got = lines[line - 1].strip() if 0 < line <= len(lines) else "the end of the file"
    reason = str(error).partition(": ")[2]
    if isinstance(error, NoSuchLanguageException):
        return Problem(
            line, f"Failed to read Gherkin: expected a known language, got '{got}'.", "write '# language: zh-CN' or '# language: en'."
        )
    if "inconsistent cell count" in reason:
        return Problem(line, f"Failed to read table row '{got}': expected as many cells as the first row has.", "add or remove a '|'.")
    if "whitespace" in reason:
        return Problem(line, f"Failed to read tags '{got}': expected tags without spaces.", "put '@' before each tag.")
    names = re.sub(r"^.*?expected: |, got '.*$", "", reason, flags=re.DOTALL).replace("#", "").split(", ")
    expected = ", ".join(_TOKENS[name] for name in names if name in _TOKENS)
    advice = "end the keyword with ':' instead of '：'." if "：" in got else "look at this line and the ones above it."
    return Problem(line, f"Failed to read Gherkin: expected {expected}, got '{got}'.", advice)


class _Reader:
    """Turns the parser's dictionaries into our types and collects what is wrong."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.path = path
        self.shown_as = shown_as
        self.problems: list[Problem] = []
        self.names: dict[str, int] = {}
        self.keywords: Sequence[str] = ()

    def feature(self, data: Mapping[str, Any]) -> tuple[Scenario, ...]:
        tags = _tags(data)
        children = data["children"]
        feature = Feature(
            filename=str(self.path),
            rel_filename=self.shown_as,
            language=data["language"],
            keyword=data["keyword"],
            name=data["name"],
            tags=frozenset(tags),
            background=self.background(children),
            line_number=data["location"]["line"],
            description=textwrap.dedent(data["description"]),
        )
        self.keywords = _title_keywords(feature.language)
        self.check_description(data)
        if not feature.name:
            self.wrong(feature.line_number, "Failed to read feature: expected a name, got none.", "write one after the colon.")
        found: list[Scenario] = []
        for child in children:
            if "scenario" in child:
                found += self.scenario(child["scenario"], feature, None, tags)
            elif "rule" in child:
                found += self.rule(child["rule"], feature, tags)
        return tuple(found)

    def rule(self, data: Mapping[str, Any], feature: Feature, feature_tags: Mapping[str, int]) -> list[Scenario]:
        tags = _tags(data)
        self.check_description(data)
        rule = Rule(
            keyword=data["keyword"],
            name=data["name"],
            description=textwrap.dedent(data["description"]),
            tags=frozenset(tags),
            background=self.background(data["children"]),
        )
        inherited = {**feature_tags, **tags}
        return [
            scenario
            for child in data["children"]
            if "scenario" in child
            for scenario in self.scenario(child["scenario"], feature, rule, inherited)
        ]

    def background(self, children: Iterable[Mapping[str, Any]]) -> Background | None:
        for child in children:
            if "background" in child:
                data = child["background"]
                self.check_description(data)
                return Background(data["location"]["line"], self.steps(data["steps"]))
        return None

    def scenario(self, data: Mapping[str, Any], feature: Feature, rule: Rule | None, inherited: Mapping[str, int]) -> Iterable[Scenario]:
        line, name = data["location"]["line"], data["name"]
        self.check_name(name, line)
        self.check_description(data)
        steps = self.steps(data["steps"])
        if not steps:
            self.wrong(line, f"Failed to read scenario '{name}': expected at least one step, got none.", "write its steps, or delete it.")
        before = () if feature.background is None else feature.background.steps
        if rule is not None and rule.background is not None:
            before += rule.background.steps
        own = _tags(data)
        common = {
            "feature": feature,
            "rule": rule,
            "keyword": data["keyword"],
            "title": name,
            "description": textwrap.dedent(data["description"]) if data["description"] else "",
        }
        if not data["examples"]:
            if "utline" in data["keyword"] or "emplate" in data["keyword"] or "大纲" in data["keyword"]:
                self.wrong(line, f"Failed to read outline '{name}': expected Examples, got none.", "add an Examples table below its steps.")
            return (
                Scenario(
                    name=name,
                    line_number=line,
                    steps=before + steps,
                    tags=frozenset(own),
                    row=None,
                    tag_lines={**inherited, **own} if inherited or own else _NOTHING,
                    example=_NOTHING,
                    **common,
                ),
            )
        return self.outline(data, before + steps, {**inherited, **own}, frozenset(own), common)

    def outline(
        self,
        data: Mapping[str, Any],
        steps: tuple[Step, ...],
        tag_lines: Mapping[str, int],
        own: frozenset[str],
        common: Mapping[str, Any],
    ) -> Iterable[Scenario]:
        title = data["name"]
        rows: dict[str, int] = {}
        for examples in data["examples"]:
            line = examples["location"]["line"]
            body = examples["tableBody"]
            if not body:
                expected = f"Failed to read Examples of outline '{title}': expected a table with a header and rows, got"
                self.wrong(line, f"{expected} {'only a header' if 'tableHeader' in examples else 'no table'}.", "add '|' rows below it.")
                continue
            columns = [cell["value"] for cell in examples["tableHeader"]["cells"]]
            self.check_columns(title, steps, columns, data["location"]["line"])
            tags = _tags(examples)
            for row in body:
                example = dict(zip(columns, (cell.get("value", "") for cell in row["cells"]), strict=True))
                label = one_line("-".join(example.values()))
                rows[label] = rows.get(label, 0) + 1
                fill = _filler(example)
                yield Scenario(
                    name=fill(title),
                    line_number=row["location"]["line"],
                    steps=tuple(_filled(step, fill) for step in steps),
                    tags=own | frozenset(tags),
                    row=label if rows[label] == 1 else f"{label}#{rows[label]}",
                    tag_lines={**tag_lines, **tags},
                    example=MappingProxyType(example),
                    **common,
                )

    def steps(self, data: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
        found = []
        kind = ""
        for step in data:
            kind = _TYPES.get(step["keywordType"], kind)
            location = step["location"]
            keyword = step["keyword"].strip()
            if not kind:
                self.wrong(
                    location["line"],
                    f"Failed to read step '{keyword} {step['text']}': expected Given, When or Then in the first step, got '{keyword}'.",
                    f"write another keyword in place of '{keyword}'.",
                )
                kind = "given"
            table, doc = step.get("dataTable"), step.get("docString")
            found.append(
                Step(
                    kind,
                    step["text"],
                    location["line"],
                    location["column"] - 1,
                    keyword,
                    textwrap.dedent(doc["content"]) if doc else None,
                    DataTable(tuple(tuple(cell["value"] for cell in row["cells"]) for row in table["rows"])) if table else None,
                )
            )
        return tuple(found)

    def check_name(self, name: str, line: int) -> None:
        if not name:
            self.wrong(line, "Failed to read scenario: expected a name, got none.", "write one after the colon.")
        elif name in self.names:
            self.wrong(
                line,
                f"Failed to read scenario '{name}': expected a name of its own within the feature, got the name of another.",
                "rename one of the two.",
                f"the other is at {self.shown_as}:{self.names[name]}",
            )
        self.names.setdefault(name, line)

    def check_description(self, data: Mapping[str, Any]) -> None:
        """Find keywords written wrongly: to the parser they and all that follows are free text, and the scenario would silently be lost."""
        for text in data["description"].split("\n"):
            head, colon, _ = text.strip().replace("：", ":", 1).partition(":")
            close = get_close_matches(head, self.keywords, n=1, cutoff=0.75) if colon else ()
            if close:
                self.wrong(
                    data["location"]["line"],
                    f"Failed to read the text below this line: expected a description, got '{text.strip()}', which looks like a keyword.",
                    f"write '{close[0]}:' in its place.",
                )

    def check_columns(self, title: str, steps: Sequence[Step], columns: Sequence[str], line: int) -> None:
        known = set(columns)
        for text, place in [(title, line), *((text, step.line_number) for step in steps for text in _texts(step))]:
            for column in _COLUMN.findall(text) if "<" in text else ():
                if column not in known:
                    self.wrong(
                        place,
                        f"Failed to fill <{column}> in outline '{title}': expected a column of its Examples, got '{column}'.",
                        f"use one of {', '.join(f'<{name}>' for name in columns)}, or add the column.",
                    )

    def wrong(self, line: int, message: str, advice: str, *details: str) -> None:
        problem = Problem(line, message, advice, details)
        if problem not in self.problems:
            self.problems.append(problem)


def one_line(text: str) -> str:
    """Make a text fit for a node id: one line, and no ``::``, which separates the parts of one."""
    return _CONTROL.sub(" ", text).replace("::", ":")


@functools.cache
def _title_keywords(language: str) -> Sequence[str]:
    dialect = Dialect.for_name(language)
    if dialect is None:
        return ()
    return tuple(
        {
            *dialect.feature_keywords,
            *dialect.rule_keywords,
            *dialect.background_keywords,
            *dialect.scenario_keywords,
            *dialect.scenario_outline_keywords,
            *dialect.examples_keywords,
        }
    )


def _tags(data: Mapping[str, Any]) -> dict[str, int]:
    return {tag["name"][1:]: tag["location"]["line"] for tag in data["tags"]}


def _texts(step: Step) -> Iterable[str]:
    yield step.name
    if step.docstring is not None:
        yield step.docstring
    if step.datatable is not None:
        for row in step.datatable.rows:
            yield from row


def _filler(example: Mapping[str, str]) -> Callable[[str], str]:
    def fill(text: str) -> str:
        if "<" not in text:
            return text
        return _COLUMN.sub(lambda match: example.get(match[1], match[0]), text)

    return fill


def _filled(step: Step, fill: Callable[[str], str]) -> Step:
    table = step.datatable
    return Step(
        step.type,
        fill(step.name),
        step.line_number,
        step.indent,
        step.keyword,
        None if step.docstring is None else fill(step.docstring),
        None if table is None else DataTable(tuple(tuple(fill(cell) for cell in row) for row in table.rows)),
    )
