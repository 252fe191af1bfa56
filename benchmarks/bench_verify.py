"""What verifying costs: ``python benchmarks/bench_verify.py``. Target: a pack of 1 GB at least at half the speed of ``sha256sum``.

And what the chain costs while a run goes on: each line carries the hash of the line before.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from common import exit_code, keep, parser

from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.chain import link, start
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.evidence.seal import files_of
from erp_testkit.evidence.verify import examine

TARGET = 0.5
AT = datetime(2026, 11, 23, tzinfo=UTC)


def median(action: Callable[[], object], times: int) -> float:
    """Return the median of some runs, in seconds on the clock."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def make(folder: Path, megabytes: int) -> int:
    """Write a pack as runs leave them: three quarters exchanges of 1 to 16 kB, the rest Allure attachments; return its bytes."""
    random = Random(7)
    run = RunFolder(folder)
    run.begin({"id": "bench"})
    for worker in ("gw0", "gw1"):
        writer = RunWriter(folder, worker, Redactor())
        size = 0
        while size < megabytes * 375_000:
            bodies = ["x" * random.randint(200, 8000) for _ in range(20)]
            size += 2 * sum(map(len, bodies))
            writer.exchanges(
                "a::b",
                [
                    Exchange(at=AT, seconds=0.1, role="sales", method="POST", target="/orders", request=body, status=200, answer=body)
                    for body in bodies
                ],
            )
        writer.close()
    attachments = folder / "allure-results"
    attachments.mkdir()
    for number in range(megabytes * 250_000 // 50_000):
        (attachments / f"{number}-attachment.txt").write_bytes(random.randbytes(50_000))
    run.end({})
    return sum(file.stat().st_size for file in files_of(folder))


def lines(count: int) -> tuple[float, float]:
    """Return what a line costs without and with the chain, in microseconds."""
    row = json.dumps({"node": "sales.feature::order", "answer": "x" * 800})
    head = start("bench")
    bare = median(lambda: [f"{row}\n".encode() for _ in range(count)], 5)
    chained = median(lambda: link(head, [row] * count), 5)
    return bare / count * 1e6, chained / count * 1e6


def main() -> int:
    """Measure, print, and say by the exit code whether the target was met."""
    options = parser(__doc__, repeat=5)
    options.add_argument("--megabytes", type=int, default=1000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "run"
        size = make(folder, 2 if chosen.small else chosen.megabytes)
        files = [str(file) for file in files_of(folder)]
        print(f"a pack of {size / 1e6:.0f} MB in {len(files)} files")

        def kept() -> None:
            problems = examine(folder).problems
            assert problems == [], problems

        names = "\0".join(files)
        command = ["xargs", "-0", "sha256sum"]
        reference = median(lambda: subprocess.run(command, input=names.encode(), stdout=subprocess.DEVNULL, check=True), chosen.repeat)
        ours = median(kept, chosen.repeat)
    print(f"sha256sum  {reference:6.2f} s   {size / reference / 1e6:6.0f} MB/s   (median of {chosen.repeat})")
    print(f"verify     {ours:6.2f} s   {size / ours / 1e6:6.0f} MB/s   {reference / ours:.2f} times as fast   target {TARGET}")
    bare, chained = lines(200 if chosen.small else 20_000)
    print(f"a line of 850 bytes: {bare:.2f} µs, chained {chained:.2f} µs")
    keep(chosen.json, {"bytes": size, "sha256sum_s": reference, "verify_s": ours, "line_us": bare, "chained_line_us": chained})
    return exit_code(chosen, reference / ours >= TARGET)


if __name__ == "__main__":
    sys.exit(main())
