"""The same scenarios as processes and in containers, on SQLite and PostgreSQL, with one worker and four: same ids, same results?

    python benchmarks/bench_forms.py [--small] [FEATURE ...]

Each form runs the same files with the same seed, one after the other, in a project of its own. Every run is compared with the first by the
ids of its tests, by the outcomes and violated rules of those that both forms cover, and by ``erp-testkit compare``, which looks at every
answer: the answers that differ are counted apart from those under bad networks and machines, where it is chance how often something was
tried. Needs an engine and the images that ``[images]`` of this project's configuration name. Without files: all English scenarios. With
``--small`` only processes, one worker and the scenarios of one file. Exits with 1 where two runs differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

from common import KIT, ROOT, keep, parser

from erp_testkit import shipped

SETTINGS = ROOT / "erp-testkit.toml"
FILES = shipped.FEATURES / "en"
FORMS = ("processes", "containers")
CHANCE = "resilience.feature"
PROFILES = """
default_profile = "postgresql"

[profiles.postgresql]
adapter = "reference"

[profiles.sqlite]
adapter = "reference"
options.database = "sqlite"

[images]
"""


def main() -> int:
    """Run every form and print a table."""
    options = parser(__doc__)
    options.add_argument("files", nargs="*", type=Path, metavar="FEATURE")
    chosen = options.parse_args()
    files = [file.resolve() for file in chosen.files] or [FILES / "sales.feature" if chosen.small else FILES]
    forms = product(("processes",), ("postgresql", "sqlite"), (1,)) if chosen.small else product(FORMS, ("postgresql", "sqlite"), (1, 4))
    with tempfile.TemporaryDirectory(prefix="erp-testkit-forms-") as folder:
        project = Path(folder)
        project.chmod(0o755)
        (project / "erp-testkit.toml").write_text(
            PROFILES + SETTINGS.read_text(encoding="utf-8").partition("[images]")[2], encoding="utf-8"
        )
        first: Path | None = None
        differ = 0
        rows = []
        print("| stand-ins | database | workers | exit code | tests | covered | same ids | same results | same answers | seconds |")
        print("|---" * 10 + "|", flush=True)
        for form, database, workers in forms:
            run = project / f"{form}-{database}-{workers}"
            arguments = [f"--in={form}", f"--profile={database}", *workers_of(workers), "--erp-seed=7", f"--erp-run-folder={run}", "-q"]
            begun = time.perf_counter()
            done = subprocess.run([KIT, "run", *arguments, *map(str, files)], cwd=project, check=False, capture_output=True, text=True)
            seconds = time.perf_counter() - begun
            if done.returncode not in (0, 1):
                print(done.stdout, done.stderr, file=sys.stderr)
                return 3
            first = first or run
            before, after = outcomes(first), outcomes(run)
            covered = {node for node, (outcome, _) in after.items() if outcome != "not covered"}
            both = {node for node in before if node in covered and before[node][0] != "not covered"}
            same = (
                set(before) == set(after),
                all(before[node] == after[node] for node in both),
                not answers_that_differ(first, run),
            )
            differ += not all(same)
            cells = (form, database, workers, done.returncode, len(after), len(covered), *map(yes, same), f"{seconds:.1f}")
            rows.append(cells)
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    keep(chosen.json, rows)
    return 1 if differ else 0


def workers_of(count: int) -> list[str]:
    """Return the option for more than one worker; without it, everything is in one process, which may also kill its database server."""
    return [f"-n{count}"] if count > 1 else []


def outcomes(run: Path) -> dict[str, tuple[str, list[str]]]:
    """Return the outcome of each test and the rules it violated, by its id."""
    events = (json.loads(line) for file in run.glob("events-*.jsonl") for line in file.read_bytes().splitlines())
    return {
        event["node"]: (event["outcome"], [rule for rule, (_, violated, *_) in event["rules"].items() if violated])
        for event in events
        if event.get("event") == "scenario"
    }


def answers_that_differ(first: Path, run: Path) -> list[str]:
    """Name the answers that changed, apart from those chance has a part in."""
    told = run.with_suffix(".json")
    subprocess.run([KIT, "compare", str(first), str(run), "--output", str(told)], cwd=run.parent, check=False, capture_output=True)
    found = json.loads(told.read_text(encoding="utf-8"))
    return [change["where"] for change in found["changes"] if change["kind"] == "answer" and CHANCE not in change["where"]]


def yes(same: object) -> str:
    """Write a cell."""
    return "yes" if same else "NO"


if __name__ == "__main__":
    sys.exit(main())
