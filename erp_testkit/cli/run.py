"""``erp-testkit run``: the shipped scenarios and the project's own, or the paths that are named, in one pytest session."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from erp_testkit.evidence.junit import JUNIT
from erp_testkit.evidence.run_folder import ALLURE, RunFolder
from erp_testkit.project import STATE, project_root
from erp_testkit.pytest_plugin.session.options import CONTAINERS, LANGUAGES, PROCESSES

SESSION = "import sys, pytest; code = int(pytest.main(sys.argv[1:])); sys.exit(2 if code == pytest.ExitCode.USAGE_ERROR else code)"
"""What pytest itself cannot make sense of never reaches the plugin; here it gets the kit's exit code as well."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--erp", metavar="NAME", help="Run against the embedded stand-in of this adapter: reference or tryton.")
@click.option("--profile", metavar="NAME", help="Run against this profile of erp-testkit.toml instead of the default one.")
@click.option("--again", metavar="RUN", help="Draw the same codes and dates as that run, named by its folder.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Run the shipped scenarios of one language only.")
@click.option("--in", "inside", type=click.Choice((PROCESSES, CONTAINERS)), help="What stand-ins run in.")
@click.option("--keep", is_flag=True, help="With containers: leave them when the run is over, for a look.")
@click.option("--shard", metavar="K/N", help="Run part K of N; join the parts with: erp-testkit merge")
@click.option("-n", "workers", metavar="N", help="Run in N processes, or in as many as there are processors with 'auto'.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PATHS] [PYTEST OPTIONS]")
def command(
    erp: str | None,
    profile: str | None,
    again: str | None,
    language: str | None,
    inside: str | None,
    keep: bool,
    shard: str | None,
    workers: str | None,
    arguments: tuple[str, ...],
) -> None:
    """Run scenarios and rules against an ERP.

    Without PATHS: all scenarios that ship with the kit, and those of the project. Every option of pytest may be added, such as -k or -x.

    Exit codes: 0 kept, 1 broken, 2 usage or configuration error, 3 environment or tool failure.
    """
    root = project_root(Path.cwd())
    named = (("erp", erp), ("profile", profile), ("erp-again", again), ("erp-language", language), ("erp-in", inside), ("erp-shard", shard))
    given = [f"--{name}={value}" for name, value in named if value]
    if keep:
        given.append("--erp-keep")
    if workers is not None:
        given.append(f"-n{workers}")
    # A process of its own making, so that pytest sees the kit's modules before anything has imported them (it rewrites their asserts).
    os.execv(sys.executable, [sys.executable, "-c", SESSION, *pytest_arguments(root, [*given, *arguments])])  # noqa: S606


def pytest_arguments(root: Path, given: Sequence[str]) -> list[str]:
    """Return pytest's command line: one folder for evidence and Allure results of the run, unless they are sent elsewhere."""
    arguments = [f"--rootdir={root}", "--erp-suite"]
    named = {argument.partition("=")[0] for argument in given}
    if not named & {"--collect-only", "--co"}:
        folder = _value(given, "--erp-run-folder")
        if folder is None:
            folder = str(RunFolder.fresh(root / STATE))
            arguments.append(f"--erp-run-folder={folder}")
        if "--alluredir" not in named:
            # Never --clean-alluredir: a replaced worker would delete the results of the others.
            arguments.append(f"--alluredir={folder}/{ALLURE}")
        if not named & {"--junitxml", "--junit-xml"}:
            arguments.append(f"--junitxml={folder}/{JUNIT}")
    return [*arguments, *given]


def _value(given: Sequence[str], option: str) -> str | None:
    """Return an option's value, in either way to write it."""
    for index, argument in enumerate(given):
        name, _, value = argument.partition("=")
        if name == option:
            return value or next(iter(given[index + 1 :]), None)
    return None
