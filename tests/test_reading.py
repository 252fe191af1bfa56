"""Feature files read as data, and every mistake in one told with its line and what to do."""

import json
from importlib.resources import files
from textwrap import dedent

import pytest
from gherkin.parser import Parser

from erp_testkit.pytest_plugin.bdd import reading
from erp_testkit.pytest_plugin.bdd.parser import LineParser
from erp_testkit.shipped import FEATURES


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "a.feature"
        path.write_bytes(dedent(text).lstrip("\n").encode(encoding))
        scenarios, problems = reading.read(path, "a.feature")
        return scenarios, [problem.text("a.feature") for problem in problems]

    return read


def scenarios_of(read, text):
    scenarios, problems = read(text)
    assert problems == []
    return scenarios


def problems_of(read, text):
    return read(text)[1]


def test_a_scenario_has_its_feature_steps_and_tags(read):
    (found,) = scenarios_of(
        read,
        """
        @req:URS-1
        Feature: Returns
          Goods come back.

          @RET-001 @readonly
          Scenario: A serial comes back
            Given 1 piece
              | item | lot |
              | a    | b\\|c |
            And a note
              \"\"\"
              two
                lines
              \"\"\"
            When it is sent
            * it is sent again
            Then it is there
            But not twice
        """,
    )
    assert (found.name, found.title, found.row, found.id, found.line_number) == (
        "A serial comes back",
        "A serial comes back",
        None,
        "RET-001",
        6,
    )
    assert dict(found.tag_lines) == {"req:URS-1": 1, "RET-001": 5, "readonly": 5}
    assert (found.tags, found.feature.tags, found.rule) == ({"RET-001", "readonly"}, {"req:URS-1"}, None)
    assert (found.feature.name, found.feature.language, found.feature.description) == ("Returns", "en", "Goods come back.")
    assert [(step.type, step.keyword, step.name, step.line_number) for step in found.steps] == [
        ("given", "Given", "1 piece", 7),
        ("given", "And", "a note", 10),
        ("when", "When", "it is sent", 15),
        ("when", "*", "it is sent again", 16),
        ("then", "Then", "it is there", 17),
        ("then", "But", "not twice", 18),
    ]
    assert found.steps[0].datatable.raw() == [["item", "lot"], ["a", "b|c"]]
    assert found.steps[1].docstring == "two\n  lines"
    assert str(found.steps[0]) == "Given 1 piece"


def test_backgrounds_of_feature_and_rule_come_first(read):
    outside, inside = scenarios_of(
        read,
        """
        Feature: F
          Background:
            Given a
          Scenario: Outside
            When b
          @slow
          Rule: Inner
            Background:
              Given c
            Scenario: Inside
              When d
        """,
    )
    assert [step.name for step in outside.steps] == ["a", "b"]
    assert [step.name for step in inside.steps] == ["a", "c", "d"]
    assert (inside.rule.name, inside.rule.tags, list(inside.tag_lines)) == ("Inner", {"slow"}, ["slow"])


def test_an_outline_gives_one_scenario_for_each_row_of_each_table(read):
    found = scenarios_of(
        read,
        """
        Feature: F
          Scenario Outline: Order <n> of <what>
            Given <n> of <what> for <n>
              | <what> |
            When a note
              ```
              <n> < 5
              ```
            @few
            Examples: few
              | n | what |
              | 1 | a    |
              | 1 | a    |
            @many
            Examples: many
              | n | what |
              | 9 |      |
        """,
    )
    assert [(one.name, one.title, one.row, one.line_number) for one in found] == [
        ("Order 1 of a", "Order <n> of <what>", "1-a", 12),
        ("Order 1 of a", "Order <n> of <what>", "1-a#2", 13),
        ("Order 9 of ", "Order <n> of <what>", "9-", 17),
    ]
    assert [list(one.tag_lines) for one in found] == [["few"], ["few"], ["many"]]
    first = found[0]
    assert first.steps[0].name == "1 of a for 1"
    assert first.steps[0].datatable.raw() == [["a"]]
    assert first.steps[1].docstring == "1 < 5"
    assert dict(first.example) == {"n": "1", "what": "a"}


def test_chinese_keywords_of_every_kind(read):
    first, second, third = scenarios_of(
        read,
        """
        # language: zh-CN
        功能: 退货
          背景:
            假如一
            而且二
          规则: 只收卖出的
            场景: 收回
              假定三
              假设四
              当五
              同时六
              那么七
              并且八
              但是九
              * 十
            剧本: 又收回
              当五
            场景大纲: 收回<数>件
              当收回<数>件
              例子:
                | 数 |
                | 2  |
        """,
    )
    assert [(step.type, step.name) for step in first.steps] == [
        ("given", "一"),
        ("given", "二"),
        ("given", "三"),
        ("given", "四"),
        ("when", "五"),
        ("when", "六"),
        ("then", "七"),
        ("then", "八"),
        ("then", "九"),
        ("then", "十"),
    ]
    assert (first.feature.language, first.rule.name, second.name, third.name) == ("zh-CN", "只收卖出的", "又收回", "收回2件")
    assert str(first.steps[0]) == "假如一"


def test_an_empty_file_has_no_scenarios(read):
    assert read("") == ((), [])
    assert read("# nothing yet\n") == ((), [])


def test_a_byte_order_mark_is_no_mistake(read):
    scenarios, problems = read("Feature: F\n  Scenario: S\n    Given a\n", encoding="utf-8-sig")
    assert (len(scenarios), problems) == (1, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            # a line of text separators, which str.splitlines takes for ends of lines
            "Feature: F\n  a\u2028b\x1dc\x85d\n  Scenario: S\n    Given a\n  Foo\n",
            "Failed to read Gherkin: expected the end of the file, a table row, a doc string, a step, tags, 'Examples:', "
            "'Scenario:', 'Rule:', got 'Foo'.\n  at a.feature:5\n  Next: look at this line and the ones above it.",
        ),
        (
            "Feature: F\n  Scenario: S\n    Given a\n  Foo\n",
            "Failed to read Gherkin: expected the end of the file, a table row, a doc string, a step, tags, 'Examples:', "
            "'Scenario:', 'Rule:', got 'Foo'.\n  at a.feature:4\n  Next: look at this line and the ones above it.",
        ),
        (
            "# language: zh-CN\n功能：退货\n",
            "Failed to read Gherkin: expected tags, 'Feature:', got '功能：退货'.\n  at a.feature:2\n"
            "  Next: end the keyword with ':' instead of '：'.",
        ),
        (
            "# language: zh_CN\nFeature: F\n",
            "Failed to read Gherkin: expected a known language, got '# language: zh_CN'.\n  at a.feature:1\n"
            "  Next: write '# language: zh-CN' or '# language: en'.",
        ),
        (
            "Feature: F\n  Scenario: S\n    Given a\n      | a | b |\n      | c |\n",
            "Failed to read table row '| c |': expected as many cells as the first row has.\n  at a.feature:5\n"
            "  Next: add or remove a '|'.",
        ),
        (
            "Feature: F\n  @a b\n  Scenario: S\n    Given a\n",
            "Failed to read tags '@a b': expected tags without spaces.\n  at a.feature:2\n  Next: put '@' before each tag.",
        ),
        (
            "Feature:\n  Scenario: S\n    Given a\n",
            "Failed to read feature: expected a name, got none.\n  at a.feature:1\n  Next: write one after the colon.",
        ),
        (
            "Feature: F\n  Scenario:\n    Given a\n",
            "Failed to read scenario: expected a name, got none.\n  at a.feature:2\n  Next: write one after the colon.",
        ),
        (
            "Feature: F\n  Scenario: S\n",
            "Failed to read scenario 'S': expected at least one step, got none.\n  at a.feature:2\n  Next: write its steps, or delete it.",
        ),
        (
            "Feature: F\n  Scenario: S\n    Given a\n  Rule: R\n    Scenario: S\n      Given a\n",
            "Failed to read scenario 'S': expected a name of its own within the feature, got the name of another.\n  at a.feature:5\n"
            "  the other is at a.feature:2\n  Next: rename one of the two.",
        ),
        (
            "Feature: F\n  Scenario: S\n    And a\n",
            "Failed to read step 'And a': expected Given, When or Then in the first step, got 'And'.\n  at a.feature:3\n"
            "  Next: write another keyword in place of 'And'.",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Given <b>\n    Examples:\n      | a |\n      | 1 |\n",
            "Failed to fill <b> in outline 'S': expected a column of its Examples, got 'b'.\n  at a.feature:3\n"
            "  Next: use one of <a>, or add the column.",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Given <a>\n    Examples:\n      | a |\n",
            "Failed to read Examples of outline 'S': expected a table with a header and rows, got only a header.\n  at a.feature:4\n"
            "  Next: add '|' rows below it.",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Given a\n    Examples:\n",
            "Failed to read Examples of outline 'S': expected a table with a header and rows, got no table.\n  at a.feature:4\n"
            "  Next: add '|' rows below it.",
        ),
        (
            "Feature: F\n  Scenario Template: S\n    Given a\n",
            "Failed to read outline 'S': expected Examples, got none.\n  at a.feature:2\n  Next: add an Examples table below its steps.",
        ),
        (
            "# language: zh-CN\n功能: F\n  场景大纲: S\n    假如a\n",
            "Failed to read outline 'S': expected Examples, got none.\n  at a.feature:3\n  Next: add an Examples table below its steps.",
        ),
        (
            "Feature: F\n  Scenaro: Lost\n    Given a\n  Scenario: S\n    Given a\n",
            "Failed to read the text below this line: expected a description, got 'Scenaro: Lost', which looks like a keyword.\n"
            "  at a.feature:1\n  Next: write 'Scenario:' in its place.",
        ),
        (
            "# language: zh-CN\n功能: F\n  场景：丢了\n    假如a\n",
            "Failed to read the text below this line: expected a description, got '场景：丢了', which looks like a keyword.\n"
            "  at a.feature:2\n  Next: write '场景:' in its place.",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(read, text, expected):
    assert problems_of(read, text) == [expected]


def test_a_file_in_another_encoding(read):
    _, problems = read("# language: zh-CN\n功能: 退货\n", encoding="gb18030")
    assert problems == [
        "Failed to read feature file 'a.feature': expected UTF-8, got byte 0xb9.\n  at a.feature:2\n"
        "  Next: iconv -f gb18030 -t utf-8 a.feature -o a.feature.utf-8"
    ]


def test_all_mistakes_are_told_at_once(read):
    assert len(problems_of(read, "Feature:\n  Scenario:\n    And a\n  Scenario: S\n")) == 4


def test_node_ids_stay_on_one_line_and_keep_their_parts_apart():
    assert reading.one_line("a\nb::c") == "a b:c"


LANGUAGES = json.loads((files("gherkin") / "gherkin-languages.json").read_text(encoding="utf-8"))


def in_language(code):
    words = {kind: [word for word in found if word != "* "] for kind, found in LANGUAGES[code].items() if isinstance(found, list)}
    steps = [f"    {word}x: y" for kind in ("given", "when", "then", "and", "but") for word in words[kind]]
    table = [
        "      | a | b \\| c |",
        "      | # |  |",
        '      """ md',
        "      | no: table",
        '      \\"\\"\\"',
        "      @no",
        '      """',
        "",
        "  # a: comment",
    ]
    scenarios = [line for word in words["scenario"] for line in (f"  {word}: s", "  free: text", "", *steps, *table)]
    outline = [line for word in words["examples"] for line in (f"    {word}: e", "      | x |", "      | 1 |")]
    outlines = [line for word in words["scenarioOutline"] for line in ("  @t:u @v # w", f"  {word}: o", *steps, *outline)]
    rule = [f"  {words['rule'][0]}: r", f"  {words['background'][0]}:", *steps]
    head = [f"# language: {code}", "@f", f"{words['feature'][0]}: f", "  text", f"  {words['background'][0]}: b", *steps]
    return "\n".join([*head, *scenarios, *outlines, *rule, *scenarios]) + "\n"


def outcome(parser, text):
    try:
        return parser.parse(text)
    except Exception as error:  # compared below, whatever it is
        return str(error)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_the_parser_gives_what_the_official_one_gives_in_every_language(code):
    text = in_language(code)
    official = outcome(Parser(), text)
    assert isinstance(official, dict)
    assert outcome(LineParser(), text) == official


@pytest.mark.parametrize("cut", range(0, 60))
def test_the_parser_finds_the_mistakes_the_official_one_finds(cut):
    lines = in_language("en").splitlines()
    # One line is lost, one stands in the wrong place: most of these are mistakes of some kind.
    broken = "\n".join([*lines[:cut], *lines[cut + 1 : cut + 9], lines[cut % 7 + 1], "loose text", *lines[cut + 9 :]])
    assert outcome(LineParser(), broken) == outcome(Parser(), broken)


def test_shipped_features_have_no_mistakes():
    found = {path.name: reading.read(path, path.name)[1] for path in FEATURES.rglob("*.feature")}
    assert found
    assert not any(found.values())
