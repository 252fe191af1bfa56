"""What is wrong in a rule's file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


class Mistake(Exception):
    """What is wrong, and in which line; the loader adds the file and collects them."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def line_of(node: exp.Expr) -> int:
    """Return the line an expression begins in, as far as the names in it and around it tell."""
    from sqlglot import exp

    around: exp.Expr | None = node
    while around is not None:
        lines = [int(name.meta["line"]) for name in around.find_all(exp.Identifier) if "line" in name.meta]
        if lines:
            return min(lines)
        around = around.parent
    return 1
