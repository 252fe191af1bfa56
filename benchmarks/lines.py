"""Random lines of the source, for guessing where each lives: a house is understood where its lines are found.

    python benchmarks/lines.py [--count N] [--seed N] [--homes]

Only lines that say something are drawn: no imports, docstrings, comments or lone brackets. ``--homes`` shows where they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from random import Random

from common import ROOT, keep, parser

WORDS = 3


def spoken(file: Path) -> Iterator[tuple[int, str]]:
    """Return the lines of a file that can be guessed, with their numbers."""
    text = file.read_text(encoding="utf-8")
    silent: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if said or isinstance(node, ast.Import | ast.ImportFrom):
            silent |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split("#")[0].replace("(", " ").replace(".", " ").replace("[", " ").split()
        if number not in silent and sum(word[0].isalpha() or word[0] == "_" for word in words) >= WORDS:
            yield number, line.strip()


def main() -> None:
    """Draw and print."""
    options = parser(__doc__)
    options.add_argument("--count", type=int, default=20)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--homes", action="store_true", help="show where the lines are")
    chosen = options.parse_args()
    files = sorted((ROOT / "erp_testkit").rglob("*.py"))
    lines = [(f"{file.relative_to(ROOT / 'erp_testkit')}:{number}", line) for file in files for number, line in spoken(file)]
    drawn = Random(chosen.seed).sample(lines, chosen.count)
    for number, (home, line) in enumerate(drawn, start=1):
        print(f"{number:>3}  {line}{f'    <- {home}' if chosen.homes else ''}")
    keep(chosen.json, drawn)


if __name__ == "__main__":
    main()
