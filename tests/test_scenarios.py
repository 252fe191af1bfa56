"""Scenarios run as pytest-bdd would run them: fixtures, converters, yields, hooks; and how a failed one is shown."""

from textwrap import dedent

import pytest


@pytest.fixture
def run(project):
    def run(steps, feature, *arguments, **files):
        project.write("conftest.py", "import pytest\nfrom pytest_bdd import given, parsers, step, then, when\n" + dedent(steps))
        project.write("a.feature", "Feature: F\n" + dedent(feature))
        for name, text in files.items():
            project.write(name.replace("__", "/") + ".py", dedent(text))
        return project.run(*arguments)

    return run


def failure(result):
    """Return what is shown of the only failed scenario, and its line in the short summary."""
    lines = result.outlines
    start = next(index for index, line in enumerate(lines) if line.startswith("____"))
    end = next(index for index, line in enumerate(lines) if index > start and line.startswith("===="))
    (summary,) = [line for line in lines if line.startswith("FAILED ")]
    return "\n".join(lines[start + 1 : end]).rstrip(), summary


def test_target_fixture_overrides_fixtures_others_depend_on(run):
    run(
        """
        @pytest.fixture(scope="session")
        def shelf():
            return 1

        @pytest.fixture
        def label(shelf):
            return f"{shelf} boxes"

        @given(parsers.parse("{n:d} boxes"), target_fixture="shelf")
        def _(n):
            return n

        @then(parsers.parse("the label says {text}"))
        def _(label, text):
            assert label == text

        @then(parsers.parse("there are {n:d}"))
        def _(shelf, n):
            assert shelf == n
        """,
        """
          Scenario: Overridden
            Given 3 boxes
            Then the label says 3 boxes
          Scenario: Overridden twice
            Given 3 boxes
            Given 4 boxes
            Then there are 4
          Scenario: As it was
            Then the label says 1 boxes
            And there are 1
        """,
    ).assert_outcomes(passed=3)


def test_converters_defaults_tables_and_doc_strings(run):
    run(
        """
        @given(parsers.re(r"(?P<n>\\d+) boxes(?: of (?P<what>\\w+))?"), converters={"n": int}, target_fixture="boxes")
        def _(n, what, colour="red"):
            return n, what, colour

        @then(parsers.parse("it is {expected}"))
        def _(boxes, expected):
            assert str(boxes) == expected

        @then("below stands")
        def _(datatable, request):
            assert datatable == [["a", "b"], ["1", ""]]
            datatable.clear()

        @then("text")
        def _(docstring):
            assert docstring == "one\\n  two"
        """,
        """
          Scenario: All
            Given 3 boxes
            Then it is (3, None, 'red')
            And below stands
              | a | b |
              | 1 |   |
            And text
              ```
              one
                two
              ```
        """,
    ).assert_outcomes(passed=1)


def test_the_second_half_of_a_step_runs_at_the_end_of_the_test_last_first(run, project):
    run(
        """
        @pytest.fixture
        def shelf():
            print("open shelf")
            yield
            print("close shelf")

        @given(parsers.parse("{what} is lent"), target_fixture="lent")
        def _(shelf, what):
            print(f"lend {what}")
            yield what
            print(f"take back {what}")

        @then("it is here")
        def _(lent):
            print(f"here is {lent}")
        """,
        """
          Scenario: Lent
            Given a pen is lent
            And a book is lent
            Then it is here
        """,
        "-s",
        "-q",
    ).stdout.fnmatch_lines(
        ["open shelf", "lend a pen", "lend a book", "here is a book", ".take back a book", "take back a pen", "close shelf"],
        consecutive=True,
    )


def test_steps_and_fixtures_are_seen_by_folder(run, project):
    project.write("inner/b.feature", "Feature: G\n  Scenario: Near\n    Given it is said\n    Then it was near\n")
    run(
        """
        @given("it is said", target_fixture="said")
        def _():
            return "far"

        @then(parsers.parse("it was {where}"))
        def _(said, where):
            assert said == where
        """,
        """
          Scenario: Far
            Given it is said
            Then it was far
        """,
        inner__conftest="""
        from pytest_bdd import given

        @given("it is said", target_fixture="said")
        def _():
            return "near"
        """,
    ).assert_outcomes(passed=2)


def test_fixtures_of_the_module_and_autouse_ones_work(run, project):
    project.write("b.feature", "Feature: G\n  Scenario: C\n    Given once\n")
    run(
        """
        @pytest.fixture(scope="module")
        def counted(request):
            print("made for", request.path.name, request.module.__name__)
            return [0]

        @pytest.fixture(autouse=True)
        def always(counted):
            counted[0] += 1

        @given("once")
        def _(counted, always):
            pass
        """,
        """
          Scenario: A
            Given once
          Scenario: B
            Given once
        """,
        "-s",
        "-q",
    ).stdout.fnmatch_lines(["made for a.feature a", "..made for b.feature b", "."])


def test_hooks_of_pytest_bdd_are_called_as_pytest_bdd_calls_them(run):
    hooks = """
        def told(name):
            def hook(request, scenario, **others):
                pass
            return hook

        def pytest_bdd_before_scenario(request, feature, scenario):
            print("\\nbefore scenario", request.node.name, feature.name, scenario.name, sorted(scenario.tags))

        def pytest_bdd_after_scenario(request, feature, scenario):
            print("after scenario", scenario.name)

        def pytest_bdd_before_step(request, feature, scenario, step, step_func):
            print("before step", step.type, step.keyword, step.name, step.line_number, step_func.__name__)

        def pytest_bdd_before_step_call(request, feature, scenario, step, step_func, step_func_args):
            print("before call", step_func_args)

        def pytest_bdd_after_step(request, feature, scenario, step, step_func, step_func_args):
            print("after step", step_func_args)

        def pytest_bdd_step_error(request, feature, scenario, step, step_func, step_func_args, exception):
            print("error", step_func_args, exception)
        """
    result = run(
        hooks
        + """
        @pytest.fixture
        def shelf():
            return 5

        @given(parsers.parse("{n:d} boxes"))
        def enough(shelf, n):
            if n > shelf:
                raise ValueError("too many")
        """,
        """
          @readonly
          Scenario: S
            Given 3 boxes
            And 9 boxes
            And 1 boxes
        """,
        "-s",
    )
    told = result.outlines[result.outlines.index("before scenario S F S ['readonly']") :]
    assert told[:8] == [
        "before scenario S F S ['readonly']",
        "before step given Given 3 boxes 5 enough",
        "before call {'n': 3, 'shelf': 5}",
        "after step {'n': 3, 'shelf': 5}",
        "before step given And 9 boxes 6 enough",
        "before call {'n': 9, 'shelf': 5}",
        "error {'n': 9, 'shelf': 5} too many",
        "after scenario S",
    ]


def test_reports_of_pytest_bdd_itself_still_work(run, project):
    run(
        "@given('a')\ndef _():\n    pass\n",
        """
          Scenario: S
            Given a
        """,
        "--cucumberjson=report.json",
        "--gherkin-terminal-reporter",
        "-vv",
    ).stdout.fnmatch_lines(["Feature: F", "    Scenario: S", "        Given a", "    PASSED"])
    assert '"name": "S"' in (project.path / "report.json").read_text(encoding="utf-8")


def test_a_scenario_knows_the_ports_its_steps_take(run):
    run(
        """
        @given("a")
        def _(sales, world):
            pass

        @given(parsers.parse("{stock} b"), target_fixture="returns")
        def _(stock, recalls=None):
            pass

        @given("c")
        def _(returns):
            pass

        def pytest_collection_modifyitems(items):
            print("ports", [sorted(item.described.ports) for item in items])
        """,
        """
          Scenario: S
            Given a
            And no b
            And c
          Scenario: T
            Given c
            And no b
        """,
        "--collect-only",
        "-s",
    ).stdout.fnmatch_lines(["ports [['sales'], ['returns']]"])


STEPS = """
    def deeper(stock):
        return stock["boxes"]

    @given(parsers.parse("{n:d} boxes"), target_fixture="boxes")
    def _(n):
        return n

    @then(parsers.parse("there are {n:d}"))
    def _(boxes, n):
        assert boxes == n, "counted twice"

    @then("it is stored")
    def _():
        try:
            deeper({})
        except KeyError as error:
            raise ValueError("nothing stored") from error

    @then("it is reached")
    def _():
        from erp_testkit.erp.errors import ErpBroke
        raise ErpBroke("Failed to GET /x:\\nexpected an answer, got a page.")

    @then("it is there")
    def _(whereabouts):
        pass
"""


def test_a_failed_scenario_shows_its_steps_and_the_users_code(run):
    assert failure(
        run(
            STEPS,
            """
              Scenario Outline: Count
                Given <n> boxes
                Then there are 4
                And there are 3
                Examples:
                  | n |
                  | 3 |
            """,
        )
    ) == (
        dedent("""
            a.feature:9 Scenario Outline: Count[3]
              ✓ Given 3 boxes
              ✗ Then there are 4  ← a.feature:5
              - And there are 3

            conftest.py:13: in _
                assert boxes == n, "counted twice"
            E   AssertionError: counted twice
            E   assert 3 == 4
        """).strip(),
        "FAILED a.feature::Count[3] - AssertionError: counted twice",
    )


def test_the_cause_of_an_error_is_shown_too(run):
    shown, summary = failure(run(STEPS, "\n  Scenario: S\n    Then it is stored\n"))
    assert (
        shown
        == dedent("""
        a.feature:3 Scenario: S
          ✗ Then it is stored  ← a.feature:4

        conftest.py:18: in _
            deeper({})
        conftest.py:5: in deeper
            return stock["boxes"]
                   ^^^^^^^^^^^^^^
        E   KeyError: 'boxes'

        The above exception was the direct cause of the following exception:
        conftest.py:20: in _
            raise ValueError("nothing stored") from error
        E   ValueError: nothing stored
    """).strip()
    )
    assert summary == "FAILED a.feature::S - ValueError: nothing stored"


def test_errors_of_the_kit_are_shown_as_their_message(run):
    assert failure(run(STEPS, "\n  Scenario: S\n    Then it is reached\n")) == (
        dedent("""
            a.feature:3 Scenario: S
              ✗ Then it is reached  ← a.feature:4

            E   Failed to GET /x:
            E   expected an answer, got a page.
        """).strip(),
        "FAILED a.feature::S - Failed to GET /x:",
    )


def test_a_parameter_nobody_provides_is_explained(run):
    shown, _ = failure(run(STEPS, "\n  Scenario: S\n    Then it is there\n"))
    assert (
        shown
        == dedent("""
        a.feature:3 Scenario: S
          ✗ Then it is there  ← a.feature:4

        E   Failed to run the function of this step at conftest.py:27: expected a fixture 'whereabouts' for its parameter, got none.
        E   Next: write the fixture, give the step before target_fixture='whereabouts', or rename the parameter.
    """).strip()
    )


def test_failures_look_the_same_from_a_worker(project):
    project.write("conftest.py", "from pytest_bdd import given\n\n@given('a')\ndef _():\n    assert 1 == 2\n")
    project.write("a.feature", "Feature: F\n  Scenario: S\n    Given a\n")
    here = failure(project.run())
    assert failure(project.run_apart("-n", "1"))[0].partition("\n")[2] == here[0]
    assert here[1] == "FAILED a.feature::S - assert 1 == 2"


@pytest.mark.parametrize("option", ["--tb=long", "--tb=native", "--full-trace"])
def test_whoever_asks_for_it_sees_everything(run, option):
    shown, _ = failure(run(STEPS, "\n  Scenario: S\n    Given 1 boxes\n    Then there are 2\n", option))
    assert "✓" not in shown
    assert "_run_step" in shown


@pytest.mark.parametrize(("option", "expected"), [("--tb=line", "conftest.py:13: AssertionError: counted twice"), ("--tb=no", None)])
def test_short_traceback_styles_are_kept(run, option, expected):
    lines = run(STEPS, "\n  Scenario: S\n    Given 1 boxes\n    Then there are 2\n", option).outlines
    assert [line.rpartition("/")[2] for line in lines if "conftest.py" in line] == ([expected] if expected else [])


def test_a_refused_step_is_the_one_that_is_marked(project):
    project.feature('@SAL-001\n  Scenario: S\n    When order "refused" is confirmed\n    Then 1 is 1')
    (line,) = [line for line in project.run().outlines if line.startswith("  ✗")]
    assert line == '  ✗ When order "refused" is confirmed  ← orders.feature:5'
