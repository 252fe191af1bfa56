"""Finding a line's step function: the same answer as trying every wording, without trying every wording."""

import importlib
import random
from pathlib import Path
from types import SimpleNamespace

import pytest
from pytest_bdd import parsers
from pytest_bdd.parser import Step
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from erp_testkit.pytest_plugin import compat
from erp_testkit.pytest_plugin.bdd import reading
from erp_testkit.pytest_plugin.bdd.binding import Binder, skeleton
from erp_testkit.pytest_plugin.bdd.index import Definition, StepIndex, converted, kept
from erp_testkit.pytest_plugin.bdd.pattern import Pattern, Unsure
from erp_testkit.shipped import FEATURES
from erp_testkit.steps import library
from erp_testkit.steps.wording import written_as


def function():
    pass


def definition(wording, kind="given", depth=0, step=function, **options):
    parser = parsers.parse(wording) if isinstance(wording, str) else wording
    return Definition(StepFunctionContext(type=kind, step_func=step, parser=parser, **options), depth)


@written_as(r"\d+")
def digits(text):
    return int(text)


def found(index, kind, text):
    return sorted(match.definition.wording for match, _ in index.find(kind, text))


@pytest.fixture(scope="module")
def shipped():
    """All wordings of the shipped steps."""
    modules = [importlib.import_module(name) for name in library.MODULES]
    assert modules
    return [
        Definition(context, 0) for context in step_function_context_registry.values() if context.step_func.__module__ in library.MODULES
    ]


def shipped_lines():
    scenarios = [one for path in sorted(FEATURES.rglob("*.feature")) for one in reading.read(path, path.name)[0]]
    return sorted({(step.type, step.name) for one in scenarios for step in one.steps})


def test_the_index_agrees_with_trying_every_shipped_wording(shipped):
    index = StepIndex(shipped)
    lines = shipped_lines()
    assert len(lines) > 100
    for kind, text in lines:
        tried = [one for one in index.definitions if one.type in (kind, None) and one.parser.is_matching(text)]
        assert {id(match.definition) for match, _ in index.find(kind, text)} == {id(one) for one in tried}, text


def test_every_shipped_line_has_exactly_one_wording(shipped):
    index = StepIndex(shipped)
    assert {text: found(index, kind, text) for kind, text in shipped_lines() if len(index.find(kind, text)) != 1} == {}


@pytest.mark.parametrize("size", [3, 303, 3003])
def test_how_many_wordings_a_line_tries_does_not_grow_with_the_library(size, monkeypatch):
    index = StepIndex(definition(f"shelf {number} holds {{count:d}} boxes") for number in range(size))
    tried = []
    match = Definition.arguments
    monkeypatch.setattr(Definition, "arguments", lambda self, text: tried.append(text) or match(self, text))
    for number in range(0, size, max(1, size // 100)):
        tried.clear()
        assert found(index, "given", f"shelf {number} holds 3 boxes") == [f"shelf {number} holds {{count:d}} boxes"]
        assert len(tried) <= 3
    assert found(index, "given", "nothing like any of them") == []


def test_a_line_is_looked_up_once(monkeypatch):
    index = StepIndex([definition("{n:d} boxes")])
    first = index.find("given", "3 boxes")
    monkeypatch.setattr(Definition, "arguments", None)
    assert index.find("given", "3 boxes") is first


@pytest.mark.parametrize(
    ("wording", "matching", "other"),
    [
        ("there are {n:d} boxes", "there are 3 boxes", "there are three boxes"),
        ("There Are {n:d}", "there ARE 3", "there was 3"),
        ("{n:d}", "3", "x"),
        ("{a}有{n:d}个在库", "“起搏器”有3个在库", "“起搏器”有个在库"),
        ("a {{brace}} {n}", "a {brace} 3", "a brace 3"),
        (parsers.cfparse("items {xs:N+}", extra_types={"N": digits}), "items 1, 2", "items a"),
        (parsers.re(r"(?P<n>\d+) box(?:es)?(?: left)? (?:here|there)"), "3 box left there", "3 box left"),
        (parsers.re(r"(?:here|there)"), "there", "nowhere"),
        (parsers.re(r"THERE (?P<n>\d+)", parsers.base_re.IGNORECASE), "there 3", "where 3"),
        (parsers.string("there are {n}"), "there are {n}", "there are 3"),
        (parsers.string("x"), "x", "xx"),
    ],
)
def test_wordings_of_every_parser_are_found(wording, matching, other):
    crowd = [definition(f"crowd number {number} says {{what}}") for number in range(50)]
    one = definition(wording)
    index = StepIndex([*crowd, one])
    assert [match.definition for match, _ in index.find("given", matching)] == [one]
    assert index.find("given", other) == ()


def test_a_parser_of_the_users_own_is_always_tried():
    class Backwards(parsers.StepParser):
        def is_matching(self, name):
            return name[::-1] == self.name

        def parse_arguments(self, name):
            return {"name": name}

    one = definition(Backwards("sexob"))
    assert [match.definition for match, _ in StepIndex([one]).find("given", "boxes")] == [one]


def test_a_converter_that_refuses_a_value_means_no_match():
    def color(text):
        if text != "red":
            raise ValueError(text)
        return text

    index = StepIndex([definition(parsers.parse("{c:Color} box", extra_types={"Color": color}))])
    assert (found(index, "given", "red box"), found(index, "given", "blue box")) == (["{c:Color} box"], [])


def test_the_kind_of_step_counts():
    index = StepIndex([definition("a", "given"), definition("a {n}", "when"), definition("b", None)])
    assert [found(index, kind, "a") for kind in ("given", "when", "then")] == [["a"], [], []]
    assert [found(index, kind, "b") for kind in ("given", "when", "then")] == [["b"], ["b"], ["b"]]


def test_all_wordings_that_match_are_found():
    index = StepIndex([definition("there are {what}"), definition("there are {n:d} boxes"), definition("there are {n:d} bags")])
    assert found(index, "given", "there are 3 boxes") == ["there are {n:d} boxes", "there are {what}"]


def test_a_nearer_folder_overrides_the_same_wording_and_no_other():
    far, near = definition("a {n}"), definition("a {n}", depth=2)
    other = definition("a {m}", depth=2)
    for order in ([far, near], [near, far]):
        assert [match.definition for match, _ in StepIndex(order).find("given", "a 1")] == [near]
    assert len(StepIndex([far, other]).find("given", "a 1")) == 2


def test_the_same_wording_twice_at_one_place_is_found_twice():
    assert len(StepIndex([definition("a {n}"), definition("a {n}")]).find("given", "a 1")) == 2


def test_the_index_does_not_depend_on_the_order_of_definitions():
    wordings = [definition(f"{letter}{number} of {{x}}") for letter in "abc" for number in range(30)]
    texts = [f"{letter}{number} of it" for letter in "abc" for number in range(30)]
    expected = [found(StepIndex(wordings), "given", text) for text in texts]
    random.Random(7).shuffle(wordings)
    assert [found(StepIndex(wordings), "given", text) for text in texts] == expected


def test_arguments_are_read_anew_for_each_run():
    def step(words, n):
        words.append(n)

    one = definition(parsers.parse("say {words:Words} {n}", extra_types={"Words": str.split}), step=step, converters={"n": int})
    assert converted(one, "say a 3") == {"words": ["a"], "n": 3}
    assert converted(one, "say a 3")["words"] is not converted(one, "say a 3")["words"]


def test_what_the_function_does_not_take_is_left_out():
    def step(n):
        pass

    one = definition("{n:d} {noise}", step=step)
    assert converted(one, "3 boxes") == {"n": 3}
    assert kept(one, {"n": 3, "noise": "boxes"}) == {"n": 3}


def test_arguments_are_kept_only_where_no_step_can_change_them():
    def step(n):
        pass

    assert kept(definition("{n}", step=step), {"n": []}) is None
    assert kept(definition("{n}", step=step, converters={"n": int}), {"n": "3"}) is None


def test_what_a_function_needs_beside_the_line():
    def step(n, stock, *, only="x", world=None):
        pass

    ((match, _),) = StepIndex([definition("{n:d} boxes", step=step)]).find("given", "3 boxes")
    assert (match.fixtures, match.is_plain) == (("stock",), True)


@pytest.mark.parametrize(
    ("kind", "text", "below", "expected"),
    [
        (
            "when",
            '3 of "pacemaker" leave for "City" at 2.5',
            {},
            "    from pytest_bdd import when, parsers\n\n"
            '    @when(parsers.parse(\'{number:g} of "{name}" leave for "{name2}" at {number2:g}\'))\n'
            "    def _(number, name, name2, number2):\n        raise NotImplementedError",
        ),
        (
            "given",
            "“起搏器”有3个在库",
            {"datatable": object()},
            "    from pytest_bdd import given, parsers\n\n"
            "    @given(parsers.parse('“{name}”有{number:g}个在库'))\n"
            "    def _(name, number, datatable):\n        raise NotImplementedError",
        ),
        (
            "then",
            "it's {done}",
            {"docstring": "x"},
            '    from pytest_bdd import then\n\n    @then("it\'s {done}")\n    def _(docstring):\n        raise NotImplementedError',
        ),
    ],
)
def test_a_skeleton_is_python_and_matches_its_line(kind, text, below, expected):
    step = Step(
        name=text, type=kind, indent=0, line_number=1, keyword=kind, datatable=below.get("datatable"), docstring=below.get("docstring")
    )
    written = skeleton(step)
    assert written == expected
    namespace = {}
    exec(compile("\n".join(line[4:] for line in written.splitlines()), "skeleton", "exec"), namespace)
    contexts = [
        step_function_context_registry[one._get_wrapped_function()] for name, one in namespace.items() if name.startswith("pytestbdd_")
    ]
    index = StepIndex(Definition(context, 0) for context in contexts)
    assert len(index.find(kind, text)) == 1


def missing(text, *wordings):
    index = StepIndex(definition(wording, kind) for kind, wording in wordings)
    step = Step(name=text, type="when", indent=0, line_number=7, keyword="When")
    binder = Binder(index, Path())
    assert binder.bind(SimpleNamespace(steps=(step,))) == []
    (problem,) = binder.problems
    return problem


def test_the_closest_wordings_come_first_and_name_another_kind():
    wordings = [
        ("when", "{n:d} leave"),
        ("given", "{n:d} boxes"),
        ("when", "all of {item} leaves"),
        ("when", "{n}箱出库"),
        ("then", "audited"),
    ]
    assert missing("2 boxes leave", *wordings).details == (
        "The closest wordings are:",
        "- {n:d} leave",
        "- {n:d} boxes (given)",
        "- all of {item} leaves",
    )


def test_without_a_close_wording_only_a_skeleton_is_shown():
    problem = missing("the goods leave", ("when", "{n}箱出库"))
    assert problem.details == ()
    assert problem.advice.splitlines()[0] == "write the step into conftest.py:"


def test_a_simple_wording_takes_from_every_shipped_line_what_parse_takes(shipped):
    simple = [one for one in shipped if one._pattern is not None]
    assert len(simple) > 0.85 * len(shipped)
    sure = 0
    for _, text in shipped_lines():
        for one in simple:
            try:
                ours = one._pattern.arguments(text)
            except Unsure:
                continue
            sure += 1
            assert ours == compat.arguments(one.parser, text), (one.wording, text)
    assert sure > 100_000


WORDS = ["a", "b", " ", "ab", " b ", "1", "-1", "007", '"a"', "“b”", ", ", "I", "İ", "ß", "{{x}}"]
PLACES = ["{x}", "{y:d}", "{z:digits}", "{x:>d}", "{}", "{y:5d}", "{z!r}", "{x.y}", "{x:nam}"]


@pytest.mark.parametrize("case_sensitive", [True, False])
def test_a_simple_wording_never_differs_from_parse(case_sensitive):
    draw, sure = random.Random(7), 0
    for _ in range(20_000):
        wording = "".join(draw.choice(WORDS if draw.random() < 0.6 else PLACES) for _ in range(draw.randint(1, 6)))
        line = "".join(draw.choice(WORDS) for _ in range(draw.randint(1, 8))).replace("{{", "{").replace("}}", "}")
        try:
            ours = Pattern(wording, {"digits": digits}, case_sensitive=case_sensitive).arguments(line)
        except Unsure:
            continue
        parser = parsers.parse(wording, extra_types={"digits": digits}, case_sensitive=case_sensitive)
        sure += 1
        assert ours == compat.arguments(parser, line), (wording, line)
    assert sure > 2_000
