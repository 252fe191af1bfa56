"""Who imports whom, as a picture in Graphviz' language, and whether there is a circle anywhere.

    python benchmarks/imports.py [--package erp_testkit] [--json FILE] | dot -Tsvg >imports.svg

The picture shows the parts of one package. Circles are looked for among the parts of every package of the kit; the exit code is 1 where
there is one.
"""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import grimp
from common import keep, parser

KIT_PACKAGE = "erp_testkit"


def among_parts(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """Return the parts of a package and, for each, which others it imports, by itself or by what is in it."""
    parts = {part: {part, *graph.find_descendants(part)} for part in graph.find_children(package)}
    home = {module: part for part, modules in parts.items() for module in modules}
    imported = {part: set().union(*map(graph.find_modules_directly_imported_by, modules)) for part, modules in parts.items()}
    return {part: {home[module] for module in modules if module in home} - {part} for part, modules in imported.items()}


def circle(parts: dict[str, set[str]]) -> list[str]:
    """Return a circle, or nothing."""
    try:
        TopologicalSorter(parts).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def picture(package: str, parts: dict[str, set[str]]) -> str:
    """Write the picture: a box for each part, an arrow to what it imports unless the arrows between say that as well."""
    below: dict[str, set[str]] = {}
    for part in TopologicalSorter(parts).static_order():
        below[part] = parts[part].union(*(below[one] for one in parts[part]))
    lines = [f'digraph "{package}" {{', "  node [shape=box, fontname=sans-serif];"]
    for part, imported in sorted(parts.items()):
        name = part.rpartition(".")[2]
        lines.append(f'  "{name}";')
        seen_through = set().union(*(below[one] for one in imported))
        lines += [f'  "{name}" -> "{one.rpartition(".")[2]}";' for one in sorted(imported - seen_through)]
    return "\n".join([*lines, "}"])


def main() -> int:
    """Look for circles and print the picture."""
    options = parser(__doc__)
    options.add_argument("--package", default=KIT_PACKAGE)
    chosen = options.parse_args()
    graph = grimp.build_graph(KIT_PACKAGE)
    packages = sorted(module for module in graph.modules if graph.find_children(module))
    parts = {package: among_parts(graph, package) for package in packages}
    circles = {package: found for package in packages if (found := circle(parts[package]))}
    for package, found in circles.items():
        print(f"a circle in {package}: {' -> '.join(found)}", file=sys.stderr)
    if chosen.package not in circles:
        print(picture(chosen.package, parts[chosen.package]))
    print(f"{len(packages)} packages, {len(graph.modules)} modules, {len(circles)} circles", file=sys.stderr)
    keep(chosen.json, {package: {part: sorted(imported) for part, imported in one.items()} for package, one in parts.items()})
    return 1 if circles else 0


if __name__ == "__main__":
    sys.exit(main())
