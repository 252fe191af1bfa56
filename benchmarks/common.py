"""What the benchmarks share: their options, medians, and the helpers of the tests they make their data with.

Every benchmark runs with ``--small`` in ``tests/test_benchmarks.py``, so that none of them rots: the same code over so little that it takes
seconds. Figures of such a run say nothing, so targets are not judged.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KIT = str(Path(sys.executable).parent / "erp-testkit")
sys.path.insert(0, str(ROOT / "tests"))


def parser(description: str | None, repeat: int | None = None) -> argparse.ArgumentParser:
    """Return a parser with the options all have; `repeat` is the default of ``--repeat``, which is 1 with ``--small``."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--small", action="store_true", help="only see whether it runs: little data, targets not judged")
    if repeat:
        options.add_argument("--repeat", type=int, default=1 if "--small" in sys.argv else repeat, help="how often; medians are shown")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return options


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {figure: statistics.median(one[figure] for one in rounds) for figure in rounds[0]}


def median_of(action: Callable[[], tuple[float, ...]], times: int) -> tuple[float, ...]:
    """Run something some times and return the median of each of its figures."""
    return tuple(statistics.median(column) for column in zip(*(action() for _ in range(times)), strict=True))


def keep(file: Path | None, figures: Any) -> None:
    """Write the figures as JSON, where that was asked for."""
    if file:
        file.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def exit_code(chosen: argparse.Namespace, *met: bool) -> int:
    """Return 0 where all targets were met, or were not judged."""
    return 0 if chosen.small or all(met) else 1
