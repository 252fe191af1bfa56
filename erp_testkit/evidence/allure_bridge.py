"""What allure-pytest does not know of a scenario: its Gherkin steps, its labels, what was said to the ERP, and why it is not kept.

It listens to pytest-bdd's hooks and completes the results allure-pytest keeps. allure-pytest-bdd cannot do this: it refuses to run beside
allure-pytest, and it fails on features outside the project's folder.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from erp_testkit.domain.described_test import DescribedTest
from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import Family
from erp_testkit.domain.ledger import Ledger
from erp_testkit.erp.errors import ErpBroke, Refused
from erp_testkit.evidence.allure_results import Category, status_of
from erp_testkit.evidence.ledger_page import ledger_page
from erp_testkit.evidence.recorder import Recorder

if TYPE_CHECKING:
    from allure_commons.model2 import TestResult, TestStepResult

NAME = "erp_testkit_allure"
_LABELS = {"severity": "severity", "risk": "risk", "req": "requirement"}
"""Tag before the colon, and the label it becomes."""
_DIED = "the process that ran this scenario ended in the middle of it."


def install(config: pytest.Config, recorder: Recorder) -> AllureBridge | None:
    """Register the bridge where Allure results were asked for.

    Args:
        config: pytest's; allure-pytest must have been configured before.
        recorder: where the exchanges of the running scenario are.

    Returns:
        The bridge, to be told of judgements; None where there are no Allure results.
    """
    listener = config.pluginmanager.get_plugin("allure_listener")
    if listener is None:
        return None
    bridge = AllureBridge(listener, recorder)
    config.pluginmanager.register(bridge, NAME)
    return bridge


class AllureBridge:
    """Completes the Allure result of each scenario while it runs.

    Args:
        listener: allure-pytest's own listener, which keeps the result.
        recorder: where the exchanges of the running scenario are.
    """

    def __init__(self, listener: Any, recorder: Recorder) -> None:
        """Put our reporter in the place of allure-pytest's, so that nothing is written past the redaction."""
        from erp_testkit.evidence.allure_reporter import Reporter  # allure is not imported where nobody asked for it

        self._reporter = listener.allure_logger = Reporter(recorder, Path(listener.config.option.allure_report_dir).absolute())
        self._recorder = recorder
        self._described: DescribedTest | None = None
        self._result: TestResult | None = None
        self._history = ""
        self._step: TestStepResult | None = None
        """The open one."""
        self._closed: TestStepResult | None = None
        """The one before."""
        self._step_uuid = ""
        self._reached = 0
        self._torn_down = False
        self._heard = 0
        self._raised: BaseException | None = None

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Take up a scenario; if it ends before its time (Ctrl-C), say so."""
        self._described = getattr(item, "described", None)
        self._result = self._closed = self._raised = None
        self._reached, self._torn_down = 0, False
        yield
        if self._result is not None and not self._torn_down:
            self._judge(Category.KIT, "interrupted")
        self._described = self._result = None

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Name and label the result before anything can go wrong, and leave one on disk for the case that this process dies."""
        if self._described is not None:
            self._result = self._reporter.current()
            self._describe(item)
            self._reporter.leave_broken(self._result, Category.KIT.prefixed(_DIED, chinese=self._is_chinese()))
        yield
        if self._result is not None:
            self._describe(item)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:  # noqa: ARG002
        """Keep what was raised: it says whether the ERP broke or did not keep a promise."""
        if call.excinfo is not None and self._raised is None:
            self._raised = call.excinfo.value
            if self._closed is not None and isinstance(self._raised.__cause__, Refused):
                # A refusal shows when the next step does not ask for it; it happened in the step before.
                self._reporter.mark_step(self._closed, "failed", str(self._raised.__cause__))
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Put right what allure-pytest adds at the end: its own ids, and a tag for each of our labels."""
        yield
        self._torn_down = True
        if self._result is not None:
            self._skip_rest()
            self._describe(item)

    @pytest.hookimpl(trylast=True)
    def pytest_bdd_before_step(self, step: Any) -> None:
        """Open an Allure step, with the Gherkin step's table and text."""
        self._heard = len(self._recorder.so_far())
        self._step_uuid, self._step = self._reporter.open_step(str(step))
        if step.datatable is not None:
            table = io.StringIO()
            csv.writer(table, lineterminator="\n").writerows(step.datatable.raw())
            self._attach("table", table.getvalue(), "CSV")
        if step.docstring is not None:
            self._attach("text", step.docstring, "TEXT")

    def pytest_bdd_after_step(self) -> None:
        """Close the step as passed."""
        self._close_step(None)

    def pytest_bdd_step_error(self, exception: BaseException) -> None:
        """Close the step as failed or broken."""
        self._close_step(exception)

    def pytest_bdd_after_scenario(self) -> None:
        """Close what an interruption left open, and show the steps that were not reached."""
        if self._step is not None:
            self._close_step(KeyboardInterrupt("interrupted"))
        self._skip_rest()

    def judged(self, *, before: Ledger | None, after: Ledger, checked: int, findings: int, not_covered: int) -> None:
        """Show what the rules said after the last step, and the ledger they said it of."""
        chinese = self._is_chinese()
        words = ("规则：检查 {} 条，违反 {} 条，未覆盖 {} 条" if chinese else "Rules: {} checked, {} broken, {} not covered").format
        uuid, step = self._reporter.open_step(words(checked, findings, not_covered))
        self._attach(
            "账册，前后对照" if chinese else "Ledger, before and after",
            ledger_page(before and self._redacted(before), self._redacted(after)),
            "HTML",
        )
        self._reporter.close_step(uuid, step, "failed" if findings else "passed", None)

    def _redacted(self, ledger: Ledger) -> Ledger:
        rows = self._recorder.redactor.rows
        return Ledger({name: rows(table) for name, table in ledger.tables.items()})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the kit's own outcome, which knows more than passed and failed."""
        if self._result is None:
            return
        for name, text in report.sections:
            if name.startswith("log of "):
                self._attach(name.capitalize(), text, "TEXT")
        told: Any = next((data for name, data in report.user_properties if name == "erp_testkit"), None)
        if told is not None and told["outcome"] != "kept":
            for finding in told["findings"]:
                self._attach(f"Finding: {self._title(finding['kind'])}", _finding_text(finding), "TEXT")
            reason = f"{report.wasxfail}\n\n" if hasattr(report, "wasxfail") else ""
            self._judge(self._category(told), reason + told["message"])

    def _title(self, kind: Mapping[str, str]) -> str:
        return kind["title_zh" if self._is_chinese() else "title"]

    def _category(self, told: Mapping[str, Any]) -> Category:
        match told["outcome"]:
            case "known":
                return Category.KNOWN
            case "not covered":
                return Category.NOT_COVERED
            case "error":
                return Category.ENVIRONMENT if told["exit_code"] == EnvironmentFailure.exit_code else Category.KIT
        return self._category_of_broken(told)

    def _category_of_broken(self, told: Mapping[str, Any]) -> Category:
        if isinstance(self._raised, ErpBroke):
            return Category.ERP
        if not _is_promise(self._raised):
            return Category.KIT
        families = {finding["kind"]["family"] for finding in told["findings"]}
        if families & {Family.CONTRACT, Family.COMPATIBILITY}:
            return Category.CONTRACT
        return Category.STEP if Family.SCENARIO in families else Category.RULE

    def _judge(self, category: Category, message: str) -> None:
        assert self._result is not None
        text = category.prefixed(message, chinese=self._is_chinese())
        keep_trace = category not in (Category.RULE, Category.NOT_COVERED)
        self._reporter.set_status(self._result, status_of(category), text, keep_trace=keep_trace)

    def _close_step(self, exception: BaseException | None) -> None:
        if self._step is None:
            return
        heard = self._recorder.so_far()[self._heard :]
        if heard:
            words = "与 ERP 往来：{} 次，{:.0f} ms" if self._is_chinese() else "Exchanges with the ERP: {}, {:.0f} ms"
            seconds = sum(exchange.seconds for exchange in heard)
            self._attach(words.format(len(heard), seconds * 1000), _exchanges_text(heard), "TEXT")
        self._closed, self._step = self._step, None
        self._reached += 1
        self._reporter.close_step(self._step_uuid, self._closed, _step_status(exception), None if exception is None else str(exception))

    def _skip_rest(self) -> None:
        for step in self._test.steps[self._reached :]:
            self._reporter.close_step(*self._reporter.open_step(step), "skipped", None)
        self._reached = len(self._test.steps)

    def _is_chinese(self) -> bool:
        return self._described is not None and self._described.language.startswith("zh")

    def _attach(self, name: str, body: str, kind: str) -> None:
        self._reporter.attach(name, body, kind)

    @property
    def _test(self) -> DescribedTest:
        assert self._described is not None
        return self._described

    def _describe(self, item: pytest.Item) -> None:
        """Set ids, title and labels; allure-pytest sets its own in set-up and tear-down, so this runs after both."""
        assert self._result is not None
        test = self._test
        full_name = f"{item.nodeid.partition('::')[0]}#{test.id if test.named else test.outline}"
        labels = [("as_id", test.id)] if test.named else []
        labels.append(("language", test.language))
        for tag in test.tags:
            key, _, value = tag.partition(":")
            labels.append((_LABELS[key], value) if key in _LABELS else ("tag", tag))
        labels.append(("feature", test.feature))
        if test.rule:
            labels.append(("story", test.rule))
        self._reporter.describe(
            self._result,
            title=test.title,
            description=test.description,
            full_name=full_name,
            history=f"{full_name}[{test.row}]" if test.row is not None else full_name,
            labels=labels,
            parameters=test.example or {},
        )


def _step_status(exception: BaseException | None) -> str:
    if exception is None:
        return "passed"
    if isinstance(exception, pytest.skip.Exception):
        return "skipped"
    return "failed" if _is_promise(exception) else "broken"


def _is_promise(exception: BaseException | None) -> bool:
    """Say whether something promised was not kept; any other exception is a mistake in a step or a fault of its surroundings."""
    return isinstance(exception, AssertionError | Refused | pytest.fail.Exception)


def _finding_text(finding: Mapping[str, Any]) -> str:
    kind = finding["kind"]
    facts = [f"{kind['family']}: {kind['id']}", f"title: {kind['title']}"]
    facts += [f"{key}: {finding[key]}" for key in ("severity", "place", "fingerprint") if finding[key]]
    for row in finding["evidence"]:
        facts += ["", *(f"  {name}: {'' if value is None else value}" for name, value in row.items())]
    return "\n".join(facts)


def _exchanges_text(exchanges: Sequence[Exchange]) -> str:
    return "\n\n".join(f"{number}. {_exchange_text(exchange)}" for number, exchange in enumerate(exchanges, 1))


def _exchange_text(exchange: Exchange) -> str:
    status = "no answer" if exchange.status is None else str(exchange.status)
    lines = [f"{exchange.method} {exchange.target}  as {exchange.role}  {status}  {exchange.seconds * 1000:.0f} ms"]
    lines += [f"{arrow} {body}" for arrow, body in (("→", exchange.request), ("←", exchange.answer)) if body]
    return "\n".join(lines)
