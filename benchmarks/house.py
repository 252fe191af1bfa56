"""The house in figures, one row each, and other test tools beside it.

    python benchmarks/house.py [--anchors] [--json FILE]

``--anchors`` fetches the sources of six tools from the package index and measures them alike. Lines are those of the files; of code are
those that hold something else than a comment or a docstring. Nesting counts if, for, while, with, try and match; an ``elif`` is no deeper
than its ``if``. Parameters are counted without ``self`` and ``cls``.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common import ROOT, keep, parser

ANCHORS = {
    "pluggy": "src/pluggy",
    "import-linter": "src/importlinter",
    "biip": "src/biip",
    "pytest-bdd": "src/pytest_bdd",
    "scriv": "src/scriv",
    "schemathesis": "src/schemathesis",
}
LONG_FILE, LONG_FUNCTION, MANY_PARAMETERS, DEEP = 500, 60, 6, 4
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER)


@dataclass
class House:
    """What is counted over the modules of a package."""

    modules: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)
    nesting: list[int] = field(default_factory=list)
    methods: list[int] = field(default_factory=list)
    documented: list[bool] = field(default_factory=list)
    headed: list[bool] = field(default_factory=list)
    annotated: list[bool] = field(default_factory=list)
    private: list[bool] = field(default_factory=list)
    exceptions: int = 0
    anys: int = 0
    code: int = 0
    comments: int = 0
    ignores: int = 0
    noqas: int = 0

    def add(self, file: Path) -> None:
        """Count a module."""
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
        self.modules.append(len(text.split("\n")) - 1)
        self.headed.append(ast.get_docstring(tree) is not None)
        self._lines(text, tree)
        for node in ast.walk(tree):
            if isinstance(node, _FUNCTIONS):
                self._function(node)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
            self.anys += isinstance(node, ast.Name) and node.id == "Any"
        self.private += [node.name.startswith("_") for node in tree.body if isinstance(node, _FUNCTIONS)]
        self.documented += [ast.get_docstring(node) is not None for node in _public(tree)]

    def _lines(self, text: str, tree: ast.Module) -> None:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        held = {line for one in tokens if one.type not in _NO_CODE for line in range(one.start[0], one.end[0] + 1)}
        self.code += len(held - set(_docstring_lines(tree)))
        comments = [one.string for one in tokens if one.type == tokenize.COMMENT]
        self.ignores += sum("type: ignore" in one for one in comments)
        self.noqas += sum("noqa" in one for one in comments)
        self.comments += sum(not re.match(r"#\s*(type: ignore|noqa|!|pragma|fmt:)", one) for one in comments)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        named = [one for one in given if one.arg not in ("self", "cls")]
        self.functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
        self.parameters.append(len(named))
        self.nesting.append(_depth(node.body))
        self.annotated.append((node.returns is not None or node.name == "__init__") and all(one.annotation for one in named))

    def _class(self, node: ast.ClassDef) -> None:
        self.methods.append(sum(isinstance(one, _FUNCTIONS) for one in node.body))
        self.exceptions += any(re.search(r"(Error|Exception|Failure|Warning)$", ast.unparse(base)) for base in node.bases)

    def rows(self) -> dict[str, str]:
        """Return the figures, by name."""
        lines = sum(self.modules)

        def per_thousand(count: int) -> str:
            return f"{count} ({count / lines * 1000:.1f})"

        return {
            "modules / lines": f"{len(self.modules)} / {lines}",
            "module median / max": f"{statistics.median(self.modules):.0f} / {max(self.modules)}",
            f"files > {LONG_FILE} lines": str(_above(self.modules, LONG_FILE)),
            "functions": str(len(self.functions)),
            "function median / 90th / max": " / ".join(f"{_share(self.functions, share):.0f}" for share in (0.5, 0.9, 1)),
            f"functions > {LONG_FUNCTION} lines": str(_above(self.functions, LONG_FUNCTION)),
            f"params > {MANY_PARAMETERS} (max)": f"{_above(self.parameters, MANY_PARAMETERS)} ({max(self.parameters)})",
            f"nesting max / functions >= {DEEP}": f"{max(self.nesting)} / {_above(self.nesting, DEEP - 1)}",
            "public names with docstring": f"{_percent(self.documented)} of {len(self.documented)}",
            "module docstring": _percent(self.headed),
            "fully annotated": _percent(self.annotated),
            "`Any` per 1000 lines": f"{self.anys / lines * 1000:.1f}",
            "comments per 100 code lines": f"{self.comments / self.code * 100:.1f}",
            "classes / with one method": f"{len(self.methods)} / {self.methods.count(1)} ({self.methods.count(1) / len(self.methods):.0%})",
            "exception classes": str(self.exceptions),
            "`type: ignore` (per 1000)": per_thousand(self.ignores),
            "`noqa` (per 1000)": per_thousand(self.noqas),
            "module-level functions with `_`": _percent(self.private),
        }


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in tree.body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (one for one in node.body if isinstance(one, _FUNCTIONS) and not one.name.startswith("_"))


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _depth(body: list[ast.stmt]) -> int:
    return max((_deep(node) for node in body), default=0)


def _deep(node: ast.AST) -> int:
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return 0  # counted by itself
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return max(1 + _depth(node.body), _deep(node.orelse[0]))
    return isinstance(node, _BLOCKS) + max((_deep(child) for child in ast.iter_child_nodes(node)), default=0)


def _above(figures: list[int], limit: int) -> int:
    return sum(figure > limit for figure in figures)


def _share(figures: list[int], share: float) -> int:
    return sorted(figures)[min(int(len(figures) * share), len(figures) - 1)]


def _percent(held: list[bool]) -> str:
    return f"{sum(held) / len(held):.0%}" if held else "–"


def measured(package: Path) -> dict[str, str]:
    """Count over all modules of a package."""
    house = House()
    for file in sorted(package.rglob("*.py")):
        house.add(file)
    return house.rows()


def anchors(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Fetch the other tools and count over each."""
    for name, package in ANCHORS.items():
        into = folder / name
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", name, "--dest", str(into), name]
        subprocess.run(command, check=True)
        (archive,) = into.glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(into, filter="data")
        unpacked = archive.name.removesuffix(".tar.gz")
        yield unpacked, measured(into / unpacked / package)


def main() -> None:
    """Count and print."""
    options = parser(__doc__)
    options.add_argument("--anchors", action="store_true", help="fetch other tools and measure them as well")
    chosen = options.parse_args()
    houses = {"erp-testkit": measured(ROOT / "erp_testkit")}
    if chosen.anchors:
        with tempfile.TemporaryDirectory() as folder:
            houses |= dict(anchors(Path(folder)))
    print(f"| figure | {' | '.join(houses)} |\n|---{'|---' * len(houses)}|")
    for figure in houses["erp-testkit"]:
        print(f"| {figure} | {' | '.join(rows[figure] for rows in houses.values())} |")
    keep(chosen.json, houses)


if __name__ == "__main__":
    main()
