"""The same scenarios as processes and in containers, on SQLite and PostgreSQL, with one worker and four: same ids, same results?

    python benchmarks/compare_forms.py [FEATURE ...]

Each form runs the same files with the same seed, one after the other, in a project of its own. Every run is compared with the first, once
by ids of its tests and their outcomes, and once by ``erp-testkit compare``, which looks at every answer. Needs an engine and the images
that ``[images]`` of this project's configuration name. Without files: sales and outbound, English. Exits with 1 where two runs differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

from erp_testkit import shipped

KIT = str(Path(sys.executable).parent / "erp-testkit")
SETTINGS = Path(__file__).parent.parent / "erp-testkit.toml"
FILES = [shipped.FEATURES / "en" / name for name in ("sales.feature", "outbound.feature")]
PROFILES = """
default_profile = "postgresql"

[profiles.postgresql]
adapter = "reference"

[profiles.sqlite]
adapter = "reference"
options.database = "sqlite"

[images]
"""


def main(files: list[Path]) -> int:
    """Run every form and print a table."""
    with tempfile.TemporaryDirectory(prefix="erp-testkit-forms-") as folder:
        project = Path(folder)
        project.chmod(0o755)
        (project / "erp-testkit.toml").write_text(
            PROFILES + SETTINGS.read_text(encoding="utf-8").partition("[images]")[2], encoding="utf-8"
        )
        first: Path | None = None
        differ = 0
        print(
            "| stand-ins | database | workers | exit code | tests | same ids | same results | compare | seconds |\n|" + "---|" * 9,
            flush=True,
        )
        for form, database, workers in product(("processes", "containers"), ("postgresql", "sqlite"), (1, 4)):
            run = project / f"{form}-{database}-{workers}"
            arguments = [f"--in={form}", f"--profile={database}", f"-n{workers}", "--erp-seed=7", f"--erp-run-folder={run}", "-q"]
            begun = time.perf_counter()
            done = subprocess.run([KIT, "run", *arguments, *map(str, files)], cwd=project, check=False, capture_output=True, text=True)
            seconds = time.perf_counter() - begun
            if done.returncode not in (0, 1):
                print(done.stdout, done.stderr, file=sys.stderr)
                return 3
            first = first or run
            compared = subprocess.run([KIT, "compare", str(first), str(run)], cwd=project, check=False, capture_output=True, text=True)
            before, after = outcomes(first), outcomes(run)
            same = set(before) == set(after), before == after
            differ += same != (True, True) or compared.returncode
            cells = (form, database, workers, done.returncode, len(after), *map(yes, same), yes(not compared.returncode), f"{seconds:.1f}")
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return 1 if differ else 0


def outcomes(run: Path) -> dict[str, tuple[str, list[str]]]:
    """Return the outcome of each test and the rules it violated, by its id."""
    events = (json.loads(line) for file in run.glob("events-*.jsonl") for line in file.read_text(encoding="utf-8").splitlines())
    return {event["node"]: (event["outcome"], event["rules_violated"]) for event in events if event.get("event") == "scenario"}


def yes(same: object) -> str:
    """Write a cell."""
    return "yes" if same else "NO"


if __name__ == "__main__":
    sys.exit(main([Path(name).resolve() for name in sys.argv[1:]] or FILES))
