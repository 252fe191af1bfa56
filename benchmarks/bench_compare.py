"""How long comparing two real contracts takes, reading included: ``python benchmarks/bench_compare.py [OLD NEW]``.

Without files: two releases of an inventory ERP, over 1 MB each, that lie beside the repository. The aim is less than 5 seconds.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from erp_testkit.contracts.compatibility.contracts import Version, changes, read_version
from erp_testkit.contracts.compatibility.text import counts

ROUNDS = 5
DATA = Path(__file__).parents[2] / "shared" / "data"
PAIR = (DATA / "inventree_0.18.0dev_api388_openapi.json", DATA / "inventree_1.5.0dev_api530_openapi.json")


def once(old: Path, new: Path) -> tuple[float, float, dict[str, int]]:
    """Return the seconds reading and comparing took, and how many changes there were."""
    start = time.perf_counter()
    versions: tuple[Version, Version] = (read_version(old), read_version(new))
    read = time.perf_counter()
    found = changes(*versions, datetime.now(UTC).date())
    return read - start, time.perf_counter() - read, counts(found)


def main(files: list[str]) -> None:
    """Measure, and print the medians."""
    old, new = (Path(file) for file in files) if files else PAIR
    rounds = [once(old, new) for _ in range(ROUNDS)]
    reading, comparing = (statistics.median(column) for column in list(zip(*rounds, strict=True))[:2])
    size = sum(file.stat().st_size for file in (old, new)) / 1e6
    print(f"{old.name} and {new.name}, {size:.1f} MB: median of {ROUNDS}")
    print(f"reading {reading:.2f} s, comparing {comparing:.2f} s, together {reading + comparing:.2f} s")
    print(", ".join(f"{count} {impact}" for impact, count in rounds[0][2].items()))


if __name__ == "__main__":
    main(sys.argv[1:])
