"""What collecting, step lookup and running of scenarios cost, against bare pytest-bdd and plain pytest functions.

    python benchmarks/bench_collection.py [--repeat N] [--small] [--json FILE]

Projects are generated in a temporary folder. Every variant runs in fresh processes, all variants in turn (so that a slow moment of
the machine hits all of them), with bytecode caching on and with no other third-party plugins. Shown are medians; CPU is user
plus system time.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common import keep, parser

PER_FILE = 50
KIT = ("-p", "pytest_bdd.plugin", "-p", "erp_testkit.pytest_plugin.plugin")
BDD = ("-p", "pytest_bdd.plugin")


@dataclass(frozen=True)
class Variant:
    """One way to do the same work."""

    name: str
    plugins: tuple[str, ...]
    make: Callable[[Path, int], None]


def steps(definitions: int) -> Iterator[str]:
    """Write step definitions, a third of each type; scenarios use them in turn."""
    yield "from pytest_bdd import given, parsers, then, when"
    for number in range(definitions // 3):
        yield textwrap.dedent(f"""
            @given(parsers.parse("shelf {number} holds {{count:d}} boxes"), target_fixture="shelf")
            def _(count):
                return count

            @when(parsers.parse("{{count:d}} boxes leave shelf {number}"), target_fixture="shelf")
            def _(shelf, count):
                return shelf - count

            @then(parsers.parse("shelf {number} still holds {{count:d}}"))
            def _(shelf, count):
                assert shelf == count
        """)


def features(folder: Path, scenarios: int, definitions: int = 303) -> None:
    """Write feature files and the steps they use."""
    (folder / "conftest.py").write_text("\n".join(steps(definitions)), encoding="utf-8")
    for first in range(0, scenarios, PER_FILE):
        lines = [f"Feature: Shelves {first}"]
        for number in range(first, min(first + PER_FILE, scenarios)):
            shelf = number % (definitions // 3)
            lines += [
                "",
                f"  Scenario: Boxes leave, {number}",
                f"    Given shelf {shelf} holds {number + 2} boxes",
                f"    When 2 boxes leave shelf {shelf}",
                f"    Then shelf {shelf} still holds {number}",
            ]
        (folder / f"shelves_{first}.feature").write_text("\n".join(lines) + "\n", encoding="utf-8")


NO_ERP = """
class Erp:
    name = "none"

    def close(self):
        pass


def connect(connection):
    return Erp()
"""
CONFIG = """
default_profile = "none"
[profiles.none]
adapter = "no_erp:connect"
url = "http://127.0.0.1:9"

[profiles.none.users.manager]
name = "nobody"
password_env = "PATH"
"""


def kit(folder: Path, scenarios: int) -> None:
    """A project that uses the kit, on an ERP that costs nothing: all of the kit's own work is done, rules and run folder included."""
    features(folder, scenarios)
    (folder / "no_erp.py").write_text(NO_ERP, encoding="utf-8")
    (folder / "erp-testkit.toml").write_text(CONFIG, encoding="utf-8")


def bare(folder: Path, scenarios: int) -> None:
    """The same project with pytest-bdd alone."""
    features(folder, scenarios)
    (folder / "test_shelves.py").write_text("from pytest_bdd import scenarios\n\nscenarios('.')\n", encoding="utf-8")


def plain(folder: Path, scenarios: int) -> None:
    """Plain test functions that do the same."""
    for first in range(0, scenarios, PER_FILE):
        functions = (
            f"def test_boxes_leave_{number}():\n    shelf = {number + 2}\n    shelf -= 2\n    assert shelf == {number}\n"
            for number in range(first, min(first + PER_FILE, scenarios))
        )
        (folder / f"test_shelves_{first}.py").write_text("\n".join(functions), encoding="utf-8")


VARIANTS = (Variant("plain pytest functions", (), plain), Variant("bare pytest-bdd", BDD, bare), Variant("erp-testkit", KIT, kit))


@dataclass(frozen=True)
class Measured:
    """Seconds one process took."""

    wall: float
    cpu: float


def run(folder: Path, variant: Variant, *options: str) -> Measured:
    """Run pytest once in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *variant.plugins, *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{variant.name} failed in {folder}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return Measured(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(scenarios: int, repeat: int, *options: str) -> dict[str, dict[str, float]]:
    """Measure every variant on the same number of scenarios."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = {variant: Path(temporary) / str(number) for number, variant in enumerate(VARIANTS)}
        for variant, folder in folders.items():
            folder.mkdir()
            variant.make(folder, scenarios)
            run(folder, variant, *options)  # fills the bytecode cache
        measured: dict[Variant, list[Measured]] = {variant: [] for variant in VARIANTS}
        for _ in range(repeat):
            for variant, folder in folders.items():
                measured[variant].append(run(folder, variant, *options))
    return {
        variant.name: {
            "wall": statistics.median(one.wall for one in runs),
            "cpu": statistics.median(one.cpu for one in runs),
            "cpu_min": min(one.cpu for one in runs),
            "cpu_max": max(one.cpu for one in runs),
        }
        for variant, runs in measured.items()
    }


LOOKUP = """
import gc, sys, time
gc.disable()  # as it is while pytest collects
from pytest_bdd import steps
from erp_testkit.pytest_plugin.bdd.index import Definition, StepIndex
namespace = {"__name__": "conftest", "__file__": "conftest.py"}
exec(compile(sys.stdin.read(), "conftest.py", "exec"), namespace)
contexts = [context for context in steps.step_function_context_registry.values() if "shelf" in context.parser.name]
started = time.perf_counter()
index = StepIndex([Definition(context, 0) for context in contexts])
built = time.perf_counter() - started
shelves = len(contexts) // 3
lines = [("given", f"shelf {n % shelves} holds {n} boxes") for n in range(3000)]
for kind, text in lines:  # patterns are compiled when first used; the lines that count are other ones
    index.find(kind, text + "0")
    index.find(kind, text.replace("holds ", "holds 1"))
started = time.perf_counter()
assert all(len(index.find(*line)) == 1 for line in lines)
ours = (time.perf_counter() - started) / len(lines)
few = lines[: max(30, 30_000 // len(contexts))]
for context in contexts:
    context.parser.is_matching(lines[0][1])
started = time.perf_counter()
for kind, text in few:
    assert sum(context.type == kind and context.parser.is_matching(text) for context in contexts) == 1
theirs = (time.perf_counter() - started) / len(few)
print(built, ours, theirs)
"""


def lookup(definitions: int, repeat: int) -> dict[str, float]:
    """Measure what finding the step of a line never seen before costs, and trying all definitions in turn as pytest-bdd does."""
    code = "\n".join(steps(definitions))
    runs = []
    for _ in range(repeat):
        done = subprocess.run([sys.executable, "-c", LOOKUP], input=code, capture_output=True, text=True, check=True)
        runs.append([float(part) for part in done.stdout.split()])
    built, ours, theirs = (statistics.median(column) for column in zip(*runs, strict=True))
    return {"build_ms": built * 1e3, "line_us": ours * 1e6, "scan_us": theirs * 1e6}


def show(title: str, results: dict[str, dict[str, float]], scenarios: int) -> None:
    """Print one table, ratios against plain functions and against pytest-bdd."""
    print(f"\n{title}\n| variant | wall s | CPU s (min-max) | CPU ms each | x plain | x pytest-bdd |\n|---|---|---|---|---|---|")
    base, bdd = (results[variant.name]["cpu"] for variant in VARIANTS[:2])
    for name, one in results.items():
        cpu = one["cpu"]
        span, each = f"{one['cpu_min']:.2f}-{one['cpu_max']:.2f}", cpu / scenarios * 1e3
        print(f"| {name} | {one['wall']:.2f} | {cpu:.2f} ({span}) | {each:.2f} | {cpu / base:.2f} | {cpu / bdd:.2f} |")


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeat=5).parse_args()
    few, many = (20, 60) if options.small else (1_000, 10_000)
    results: dict[str, object] = {}
    for scenarios in (few, many):
        results[f"collect {scenarios}"] = collected = compare(scenarios, options.repeat, "--collect-only")
        show(f"Collecting {scenarios} scenarios of 3 steps, 303 step definitions", collected, scenarios)
    results[f"run {few}"] = ran = compare(few, options.repeat)
    show(f"Running {few} trivial scenarios of 3 steps, 303 step definitions", ran, few)
    print("\nFinding the step of a new line\n| definitions | index built ms | line µs | line by trying all µs |\n|---|---|---|---|")
    for definitions in (3,) if options.small else (3, 303, 3003):
        results[f"lookup {definitions}"] = one = lookup(definitions, options.repeat)
        print(f"| {definitions} | {one['build_ms']:.1f} | {one['line_us']:.1f} | {one['scan_us']:.1f} |")
    keep(options.json, results)


if __name__ == "__main__":
    main()
