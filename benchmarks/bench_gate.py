"""What a verdict costs: ``python benchmarks/bench_gate.py``. Targets, on 10,000 scenario results: under 3 s and 300 MB."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import KIT, exit_code, keep, parser
from gate_packs import LACKS, contract, failed, leave, result, rule

RESULTS, CONTRACTS, EARLIER = 10_000, 300, 3
TARGET_SECONDS, TARGET_MB = 3.0, 300.0
AREAS = ("SAL", "OUT", "STK", "TRC", "RET", "AUD")


def run(folder: Path, broken_every: int, count: int) -> Path:
    """Leave a run: one of so many scenarios broke by its step and a rule, as many are known, and a few are not covered."""
    results = []
    for number in range(count):
        scenario = f"{AREAS[number % len(AREAS)]}-{number:05}"
        message = "expected 3 on the shelf, got 4. " * 30
        facts = {"message": message, "findings": [rule(), failed("stock.stock_is", message)]}
        if number % broken_every == 0:
            results.append(result(scenario, "broken", **facts))
        elif number % broken_every == 1:
            results.append(result(scenario, "known", reasons=["Known since 2025."], **facts))
        elif number % 50 == 2:
            results.append(result(scenario, "not covered", lacks=LACKS))
        else:
            results.append(result(scenario, ports=["sales", "outbound", "stock"], requirements=["ORDER-CYCLE"]))
    results += [contract(f"erp check {number}") for number in range(CONTRACTS)]
    return leave(folder, *results, workers=("gw0", "gw1", "gw2", "gw3"))


def gate(project: Path) -> tuple[float, float, float]:
    """Judge the latest run in a process of its own; return seconds, those of the processor, and the most megabytes it held."""
    began = time.perf_counter()
    process = subprocess.Popen([KIT, "gate"], cwd=project, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 1, process.returncode
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Measure, print, and say by the exit code whether the targets were met."""
    chosen = parser(__doc__, repeat=5).parse_args()
    count = 100 if chosen.small else RESULTS
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "erp-testkit.toml").touch()
        for number in range(EARLIER + 1):
            pack = run(project / ".erp-testkit" / "runs" / f"run-{number}", 20 + number, count)
        size = sum(file.stat().st_size for file in pack.glob("events-*")) / 1e6
        measured = [gate(project) for _ in range(chosen.repeat)]
    seconds, processor = (statistics.median(one[part] for one in measured) for part in (0, 1))
    megabytes = max(memory for *_, memory in measured)
    print(f"{count} scenarios, {CONTRACTS} checks of contracts ({size:.0f} MB of events), {EARLIER} earlier runs of the same size")
    print(f"gate    {seconds:6.2f} s (median of {chosen.repeat}; processor {processor:.2f} s)   target {TARGET_SECONDS:.0f} s")
    print(f"memory  {megabytes:6.0f} MB at most                          target {TARGET_MB:.0f} MB")
    keep(chosen.json, {"seconds": seconds, "processor": processor, "megabytes": megabytes})
    return exit_code(chosen, seconds < TARGET_SECONDS, megabytes < TARGET_MB)


if __name__ == "__main__":
    sys.exit(main())
