"""What the oracle costs: ``python benchmarks/bench_oracle.py``. Target: at most 8 ms per scenario beside reading the ledger."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import exit_code, keep, parser
from ledgers import rich

from erp_testkit.rules.duckdb import DuckDbEngine
from erp_testkit.rules.rule import load_rules
from erp_testkit.rules.sqlite import SqliteEngine

TARGET_MS = 8


def milliseconds(action: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the median of some runs: on the clock, and of the processor (which a busy machine does not change)."""
    clock, processor = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        action()
        clock.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - used) * 1000)
    return statistics.median(clock), statistics.median(processor)


def start(cache: Path) -> Callable[[], object]:
    """Return what a process pays to have an engine with all rules."""
    program = (
        "import time; started = time.perf_counter(); from pathlib import Path; "
        "from erp_testkit.rules.rule import load_rules; from erp_testkit.rules.sqlite import SqliteEngine; "
        f"SqliteEngine(load_rules(cache=Path({str(cache)!r}))); print(time.perf_counter() - started)"
    )
    return lambda: float(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout) * 1000


def main() -> int:
    """Measure, print, and say by the exit code whether the target was met."""
    chosen = parser(__doc__, repeat=5).parse_args()
    ledger = rich().ledger()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cold = start(cache)()
        warm = statistics.median(start(cache)() for _ in range(chosen.repeat))
        rules = load_rules(cache=cache)
    sizes = ", ".join(f"{len(ledger.tables[name])} {name}" for name in ("moves", "audit", "trace", "shipment_lines"))
    print(f"{len(rules)} rules over a scenario's ledger: {sum(len(rows) for rows in ledger.tables.values())} rows ({sizes})")
    fast = SqliteEngine(rules)
    first = milliseconds(lambda: fast.check(ledger), 1)[0]
    median, used = milliseconds(lambda: fast.check(ledger), 10 * chosen.repeat)
    runs = f"median of {10 * chosen.repeat}; processor {used:.1f}, the first one {first:.1f}"
    print(f"SQLite  {median:7.1f} ms per scenario ({runs})   target {TARGET_MS} ms of the processor")
    large, processor = milliseconds(lambda: DuckDbEngine(rules).check(ledger), chosen.repeat)
    print(f"DuckDB  {large:7.1f} ms per scenario (median of {chosen.repeat}; processor {processor:.1f})")
    print(f"start   {cold:7.0f} ms cold (rules carried), {warm:.0f} ms warm (median of {chosen.repeat}; no SQL parser imported)")
    keep(chosen.json, {"sqlite_ms": median, "duckdb_ms": large, "cold_ms": cold, "warm_ms": warm})
    return exit_code(chosen, used <= TARGET_MS)


if __name__ == "__main__":
    sys.exit(main())
