"""``erp-testkit qualify``: what ships, against the clean reference ERP and against one with each of its defects."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

import click

from erp_testkit import shipped
from erp_testkit.cli.qualification import Catch, Matrix, Trial, line_of
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.findings import Family
from erp_testkit.domain.results import CONTRACT, SCENARIO, Outcome, Result
from erp_testkit.evidence.run_folder import write_json, write_text
from erp_testkit.project import FILE, STATE, project_root
from erp_testkit.pytest_plugin.session.options import LANGUAGES
from erp_testkit.standins.process import ChildProcess

_CLEAN = "clean"
_SUITES: Mapping[str, Callable[[str], Sequence[Path]]] = {
    "scenarios": lambda language: [shipped.FEATURES / language],
    # The quickest first. Those of the partners say nothing of the ERP.
    "contracts": lambda _: [shipped.CONTRACTS / "mappings", shipped.CONTRACTS / "messages", shipped.CONTRACTS / "openapi" / "erp.yaml"],
}
_PYTEST = (
    "-cpytest.ini",
    "--rootdir=.",
    "-q",
    "--tb=short",
    # The user's plugins and settings have no say here, and what is not loaded costs nothing.
    "--disable-plugin-autoload",
    "-perp_testkit.pytest_plugin.plugin",
    "-ppytest_bdd.plugin",
    "-pno:cacheprovider",
)


@click.command
@click.option("--defect", "names", multiple=True, metavar="NAME", help="Only this defect; may be given several times.")
@click.option("-n", "workers", type=click.IntRange(min=1), metavar="N", help="How many run at once; as many as there are processors.")
@click.option("--only", type=click.Choice(tuple(_SUITES)), help="Only the scenarios, or only the contracts of the ERP's interfaces.")
@click.option("--quick", is_flag=True, help="End each trial at its first catch: whether a defect is caught, not by what all.")
@click.option("--language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], help="Language of the scenarios.")
def command(names: tuple[str, ...], workers: int | None, only: str | None, quick: bool, language: str) -> None:
    """Prove that the kit detects what it must.

    Runs the shipped scenarios and contracts against the clean reference ERP and against one with each of its defects, and says which
    scenario, rule, step or check of a contract caught which. They know nothing of the defects.

    Exit codes: 0 every defect caught and no false alarm, 1 not so, 2 usage error, 3 a part could not run.
    """
    root = project_root(Path.cwd())
    folder = root / STATE / "qualify" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    chosen = _choose(names)
    suite = [str(path) for name in ([only] if only else _SUITES) for path in _SUITES[name](language)]
    matrix = qualify(root / STATE, folder, chosen, suite, workers or os.cpu_count() or 1, click.echo, quick=quick)
    write_json(folder / "matrix.json", matrix.as_data())
    write_text(folder / "matrix.md", matrix.as_markdown())
    click.echo("\n".join(["", *matrix.summary(), f"Matrix: {folder / 'matrix.md'}"]))
    sys.exit(matrix.exit_code)


def qualify(
    state: Path,
    folder: Path,
    defects: Mapping[str, str],
    suite: Sequence[str],
    workers: int,
    tell: Callable[[str], object],
    *,
    quick: bool = False,
) -> Matrix:
    """Run a suite against the clean reference ERP, and against one with each defect.

    Args:
        state: the project's state folder, where the database server is.
        folder: where the trials leave their evidence.
        defects: names, each with what is wrong.
        suite: what pytest is to run.
        workers: how many run at once.
        tell: called with a line when a trial has ended.
        quick: end each trial of a defect at its first catch.

    Raises:
        EnvironmentFailure: the database server cannot be started.
    """
    from erp_testkit.standins.reference import ReferenceStandIn  # not needed for --help

    started = time.perf_counter()
    standin = ReferenceStandIn(state, {})
    trials: dict[str, Trial] = {}
    try:
        _write_project(folder.parent, defects, standin.prepare()["database"])
        with ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(_try, folder, name, means, suite, quick) for name, means in {_CLEAN: "", **defects}.items()]
            try:
                for done in as_completed(running):
                    trial = done.result()
                    trials[trial.defect] = trial
                    tell(f"{len(trials)}/{len(running)} {line_of(trial)}")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        standin.finish()
    clean = trials.pop("")
    return Matrix(clean=clean, defects=tuple(trials[name] for name in defects), seconds=time.perf_counter() - started, quick=quick)


def _choose(names: Sequence[str]) -> Mapping[str, str]:
    """Return the chosen defects, all of them unless some are named, each with what is wrong.

    Raises:
        UsageError: there is no defect of that name.
    """
    from erp_testkit.standins.reference.defects import defects  # loads the whole ERP

    known = {name: (defect.wrapper.__doc__ or "").strip() for name, defect in defects().items()}
    for name in names:
        if name not in known:
            raise UsageError(f"Failed to qualify with defect '{name}': expected the name of one. {closest(name, known)}")
    return {name: known[name] for name in names} or known


def _write_project(root: Path, defects: Iterable[str], database: str) -> None:
    """Write a project of its own, with a profile for each defect, so that all trials share one database server and one cache."""
    root.mkdir(parents=True, exist_ok=True)
    # JSON's way to write a text is TOML's, too.
    profile = f'[profiles.%s]\nadapter = "reference"\noptions.database = {json.dumps(database)}\n'
    write_text(root / FILE, profile % _CLEAN + "".join(profile % name + f'options.defect = "{name}"\n' for name in defects))
    write_text(root / "pytest.ini", "[pytest]\n")


def _try(folder: Path, profile: str, means: str, suite: Sequence[str], quick: bool) -> Trial:
    """Run the suite in a process of its own and read what became of its scenarios."""
    clock = time.perf_counter()
    run = (folder / profile).resolve()
    output = run / "output.txt"
    until = ["--exitfirst"] if quick and profile != _CLEAN else []
    process = ChildProcess(
        [sys.executable, "-m", "pytest", *_PYTEST, f"--profile={profile}", f"--erp-run-folder={run}", *until, *suite],
        log=output,
        environment={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        folder=folder.parent,
    )
    try:
        code = process.wait()
    finally:
        process.stop()
    results = _results(run / "events-main.jsonl")
    catches = tuple(
        Catch(
            scenario=result.scenario,
            rules=result.rules_violated,
            step="".join(finding.place for finding in result.found(Family.SCENARIO)),
            breaches=tuple(finding.id for finding in result.found(Family.CONTRACT, Family.COMPATIBILITY)),
        )
        for result in results
        if result.outcome is Outcome.BROKEN
    )
    judged = sum(result.outcome in (Outcome.KEPT, Outcome.BROKEN) for result in results)
    trouble = ""
    if code not in (0, 1) or not judged:
        trouble = f"exit code {code}, {judged} tests judged; see {output}"
    return Trial(
        defect="" if profile == _CLEAN else profile,
        means=means,
        judged=judged,
        catches=catches,
        seconds=time.perf_counter() - clock,
        trouble=trouble,
    )


def _results(events: Path) -> list[Result]:
    lines = events.read_bytes().splitlines() if events.exists() else []  # of bytes: text also has other ends of lines
    ends = (event for event in map(json.loads, lines) if event["event"] in (SCENARIO, CONTRACT))
    return [Result.of_data({**event, "kind": event["event"]}) for event in ends]
