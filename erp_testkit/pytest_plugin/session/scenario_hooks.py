"""Around each scenario: may it run here, did the ERP refuse what no step expected, do all rules hold, and how did it end."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from erp_testkit.domain.described_test import DescribedTest
from erp_testkit.domain.errors import EnvironmentFailure, KitError, UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import CHECK_FAILED, STEP_FAILED, Finding, Severity, Violated
from erp_testkit.domain.results import SCENARIO, Lack, Need, Outcome, Result
from erp_testkit.erp.errors import Refused
from erp_testkit.pytest_plugin.bdd.tags import NEEDS_CONTAINERS
from erp_testkit.pytest_plugin.judging.described_test import described
from erp_testkit.pytest_plugin.judging.known import covering
from erp_testkit.pytest_plugin.judging.oracle import ABOUT, JUDGEMENT, WORLD, About, Judgement, read_ledger
from erp_testkit.pytest_plugin.judging.outcome import PROPERTY, NotCovered, lacking
from erp_testkit.pytest_plugin.session.run import Run
from erp_testkit.standins.abilities import ABILITIES

ERRORS_IN_A_ROW = 2
"""After so many scenarios in a row that could not reach the ERP, it counts as gone, even where something still answers."""


class UnexpectedRefusal(AssertionError):
    """The ERP refused what the scenario took for granted."""

    is_of_step_before = True
    """Only the step after could have said that the refusal is expected."""


@dataclass(slots=True)
class Current:
    """The scenario that is running."""

    clock: float
    erp_seconds: float
    judgement: Judgement = field(default_factory=Judgement)
    step: str = ""
    step_function: str = ""
    reached_when: bool = False
    exchanges: tuple[Exchange, ...] = ()


CURRENT: pytest.StashKey[Current] = pytest.StashKey()
"""Where a scenario keeps what happens to it: for the Allure bridge, its exchanges, ledgers and findings."""


class Running:
    """Hooks around each scenario, in the process that runs it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._errors = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Decide whether the scenario can run here."""
        test = described(item)
        if test is None:
            return
        run = self._run
        item.stash[CURRENT] = current = Current(time.perf_counter(), run.session.seconds)
        item.stash[JUDGEMENT] = current.judgement
        if run.plan.is_production and test.writes and item.get_closest_marker("readonly") is None:
            raise NotCovered(Lack(Need.WRITING, run.plan.profile.name))
        erp = run.erp()
        # A worker's first scenario has waited for the ERP to start; that is not its own time.
        current.clock, current.erp_seconds = time.perf_counter(), run.session.seconds
        run.evidence.recorder.begin()
        missing = [port for port in test.ports if getattr(erp, port, None) is None]
        if missing:
            raise lacking(missing)
        if NEEDS_CONTAINERS in test.tags and run.session.under_test.images is None:
            raise NotCovered(Lack(Need.CONTAINERS, "--in containers"))
        unable = {ABILITIES[name] for name in test.abilities if run.session.under_test.ability(name) is None}
        if unable:
            raise NotCovered(*(Lack(Need.ABILITY, name) for name in sorted(unable)))

    def pytest_bdd_before_step(self, request: pytest.FixtureRequest, step: Any, step_func: Any) -> None:
        """Look at the ledger before the first *When*, and at what the ERP refused in the step before."""
        item = request.node
        current = item.stash.get(CURRENT, None)
        if current is None:
            return
        self._no_refusal(item, current, step_func)
        if step.type == "when" and not current.reached_when:
            current.reached_when = True
            world = item.stash.get(WORLD, None)
            # Only the Allure results show it.
            if world is not None and request.config.getoption("allure_report_dir", None):
                current.judgement.before = read_ledger(self._run.erp(), About.of_world(world))
        current.step = str(step)
        current.step_function = f"{step_func.__module__.rpartition('.')[2]}.{step_func.__name__}"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge the scenario after its last step; what the rules say never hides a step's own failure."""
        current = item.stash.get(CURRENT, None)
        if current is None:
            return (yield)
        try:
            result = yield
            self._no_refusal(item, current, None)
        except (Exception, pytest.fail.Exception) as error:
            self._judge_broken(item, current, error)
            raise
        self._judge(item, current)
        if current.judgement.findings:
            raise Violated(*current.judgement.findings)
        if current.judgement.failed:
            failed = "\n".join(f"Failed to run rule '{rule}': {why}" for rule, why in current.judgement.failed.items())
            raise UsageError(f"{failed}\nNext: mend the rule's query, then type: erp-testkit rules")
        return result

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Say how the scenario ended, in the report that crosses to the controlling process."""
        report = yield
        current = item.stash.get(CURRENT, None)
        test = described(item)
        if current is None or test is None or (report.passed and report.when != "call"):
            return report
        current.exchanges = self._run.evidence.recorder.end()
        result = self._result(item.nodeid, test, current, call.excinfo.value if call.excinfo else None)
        self._apply(report, item, test, result)
        if call.excinfo and report.when == "setup" and isinstance(call.excinfo.value, KitError):
            # pytest asks the test how to show a failure only for those of its call.
            report.longrepr = item.repr_failure(call.excinfo)
        data = result.as_data()
        try:
            self._run.evidence.writer.exchanges(item.nodeid, current.exchanges)
            self._run.evidence.writer.event(test.kind, data)
            # A test whose clean-up failed comes here twice.
            ledger, current.judgement.after = current.judgement.after, None
            if ledger is not None:
                self._run.evidence.writer.ledger(item.nodeid, ledger)
        except EnvironmentFailure as error:
            result = replace(result, outcome=Outcome.ERROR, message=str(error), exit_code=error.exit_code, findings=())
            data = result.as_data()
            report.outcome, report.longrepr = "failed", str(error)
            item.session.shouldstop = str(error)
        report.user_properties.append((PROPERTY, data))
        self._stop_if_gone(item, result)
        return report

    def _no_refusal(self, item: pytest.Item, current: Current, step_func: Any) -> None:
        world = item.stash.get(WORLD, None)
        if world is None or world.refusal is None or getattr(step_func, "expects_refusal", False):
            return
        refusal = world.take_refusal()
        raise UnexpectedRefusal(f"Failed to do step '{current.step}': expected the ERP to do it, got {refusal}.") from refusal

    def _judge(self, item: pytest.Item, current: Current) -> None:
        world, test = item.stash.get(WORLD, None), described(item)
        about = item.stash.get(ABOUT, None) if world is None else About.of_world(world)
        if about is not None and test is not None:
            self._run.oracle.judge(self._run.erp(), about, test, current.judgement)

    def _judge_broken(self, item: pytest.Item, current: Current, raised: BaseException) -> None:
        if isinstance(raised, KitError) and raised.exit_code != 1:
            return
        try:
            self._judge(item, current)
        except (KitError, Refused) as error:
            item.add_report_section("call", "rules", f"Rules could not be checked: {error}")
        for finding in current.judgement.findings:
            item.add_report_section("call", "rules", finding.message)

    def _result(self, node: str, test: DescribedTest, current: Current, raised: BaseException | None) -> Result:
        judgement = current.judgement
        findings = _findings(test, current, raised)
        outcome, exit_code, known = self._outcome(test, findings, raised)
        return Result(
            kind=test.kind,
            node=node,
            scenario=test.id,
            title=test.title,
            feature=test.feature,
            file=test.file,
            line=test.line,
            language=test.language,
            severity=(test.tagged("severity") or ("normal",))[-1],
            risks=test.tagged("risk"),
            requirements=test.tagged("req"),
            ports=sorted(test.ports),
            outcome=outcome,
            message="" if raised is None else str(raised) or type(raised).__name__,
            lacks=_lacks(raised),
            step=current.step if any(finding.kind is STEP_FAILED for finding in findings) else "",
            exit_code=exit_code,
            findings=findings,
            known=known,
            reasons=[self._run.known[index].reason for index in known],
            checked=judgement.checked,
            coverage=judgement.coverage,
            rules=judgement.counts,
            rules_unknown=judgement.unknown,
            rules_failed=judgement.failed,
            rules_not_covered={rule: list(tables) for rule, tables in judgement.not_covered.items()},
            seconds=time.perf_counter() - current.clock,
            erp_seconds=self._run.session.seconds - current.erp_seconds,
            rules_seconds=judgement.seconds,
        )

    def _outcome(
        self, test: DescribedTest, findings: Sequence[Finding], raised: BaseException | None
    ) -> tuple[Outcome, int, tuple[int, ...]]:
        if raised is None:
            return Outcome.KEPT, 0, ()
        if isinstance(raised, pytest.skip.Exception):
            return Outcome.NOT_COVERED, 0, ()
        if isinstance(raised, KitError) and raised.exit_code != 1:
            return Outcome.ERROR, raised.exit_code, ()
        known = covering(self._run.known, test.id, findings)
        return (Outcome.BROKEN, 1, ()) if known is None else (Outcome.KNOWN, 0, known)

    def _apply(self, report: pytest.TestReport, item: pytest.Item, test: DescribedTest, result: Result) -> None:
        if result.outcome is Outcome.NOT_COVERED:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), test.line, f"Skipped: {result.message}")
        elif result.outcome is Outcome.KNOWN:
            report.outcome = "skipped"
            # As pytest does for an expected failure, so that JUnit, Allure and --lf read it rightly.
            report.wasxfail = "; ".join(dict.fromkeys(result.reasons))

    def _stop_if_gone(self, item: pytest.Item, result: Result) -> None:
        """After an error of the environment, end the session when the ERP is gone: the other scenarios could only say the same."""
        gone = result.outcome is Outcome.ERROR and (result.exit_code != 2 or self._run.session.has_failed)
        # What a contract did not reach may be another system: that says nothing of the ERP.
        if result.kind == SCENARIO:
            self._errors = self._errors + 1 if gone else 0
        if gone and (self._run.session.has_failed or self._errors >= ERRORS_IN_A_ROW or not self._run.session.under_test.answers()):
            item.session.shouldstop = result.message


def _findings(test: DescribedTest, current: Current, raised: BaseException | None) -> Sequence[Finding]:
    """Return what is wrong: what rules and contract say, and that the test itself failed, if it did."""
    if raised is None or isinstance(raised, pytest.skip.Exception) or (isinstance(raised, KitError) and raised.exit_code != 1):
        return ()
    laws = current.judgement.findings
    if isinstance(raised, Violated):
        return [*raised.findings, *(law for law in laws if law not in raised.findings)]
    error = raised.__cause__ if isinstance(raised, UnexpectedRefusal) else raised
    kind = f"refused: {error.reason}" if isinstance(error, Refused) else type(error).__name__
    message = str(raised) or type(raised).__name__
    if test.kind != SCENARIO:
        return [*laws, CHECK_FAILED.found(message, key=f"{test.feature} ({kind})")]
    severity = Severity((test.tagged("severity") or (STEP_FAILED.severity,))[-1])
    key = f"{current.step_function} ({kind})".lstrip()
    return [*laws, STEP_FAILED.found(message, place=current.step_function, key=key, severity=severity)]


def _lacks(raised: BaseException | None) -> Sequence[Lack]:
    if isinstance(raised, NotCovered):
        return raised.lacks
    return (Lack(Need.OTHER, str(raised)),) if isinstance(raised, pytest.skip.Exception) else ()
