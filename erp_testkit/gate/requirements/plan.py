"""What must be tested because of a change, what may be left out, and what is changed but not tested by anything.

What a test touches is learned from the evidence of earlier runs: every operation it called on the ERP. What else a change can be of (a
module, a configuration key, a mapping) is linked to operations by a file of the project, or by its name: module ``sale`` is behind
``model.sale.sale.create``.

```toml
[[link]]
changed = "config:orders.*"
operations = ["* /orders*"]
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.pack import Pack
from erp_testkit.gate.changes.noise import operations_of
from erp_testkit.specs.settings import Table, Texts, read, wrong

KINDS = ("operation", "mapping", "config", "module")
_JUDGED = (Outcome.KEPT, Outcome.BROKEN, Outcome.KNOWN)


@dataclass(frozen=True, slots=True, order=True)
class Changed:
    """One thing that changes."""

    kind: str
    """One of `KINDS`."""
    name: str
    """``POST /orders/{number}/confirm``, ``shipment-to-wms``, ``orders.auto_confirm``, ``sale``."""

    def __str__(self) -> str:
        """Write it as it is typed: ``module:sale``."""
        return f"{self.kind}:{self.name}"


def _change(pattern: str) -> str:
    kind = pattern.partition(":")[0]
    if kind not in KINDS:
        raise wrong("kind:pattern, such as module:sale*", pattern, KINDS)
    return pattern


class Link(Table):
    """What a kind of change can show in."""

    changed: Annotated[str, AfterValidator(_change)]
    """Pattern of changes, such as ``module:sale*``."""
    operations: Annotated[Texts, Field(min_length=1, title="at least one pattern of operations")]
    """Patterns of operations."""


class Links(Table):
    """What changes to an ERP can show in, where its interfaces do not say so."""

    link: tuple[Link, ...] = ()
    """Each is of a kind of change."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one test was seen to touch."""

    scenario: str
    operations: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a change asks for."""

    must: Mapping[str, tuple[str, tuple[Changed, ...]]] = field(default_factory=dict)
    """Node id of each test that must run, to its scenario and the changes it is for."""
    left_out: Sequence[str] = ()
    """Node ids of the others."""
    untested: Sequence[Changed] = ()
    """What changes and was touched by no test."""


def parse(text: str) -> Changed:
    """Read a change as it is typed.

    Raises:
        UsageError: it is not ``kind:name``.
    """
    kind, colon, name = text.partition(":")
    if not colon or not name.strip() or kind not in KINDS:
        raise UsageError(f"Failed to read change '{text}': expected kind:name, such as module:sale. {closest(kind, KINDS)}")
    return Changed(kind, name.strip())


def learn(packs: Iterable[Pack]) -> Mapping[str, Touched]:
    """Learn what each test touches, by node id; of a test in several runs, everything it touched in any.

    Raises:
        UsageError: a run cannot be read.
    """
    scenarios: dict[str, str] = {}
    operations: dict[str, set[str]] = {}
    for pack in packs:
        scenarios |= {result.node: result.scenario for result in pack.results() if result.outcome in _JUDGED}
        by_node: dict[str, list[Mapping[str, object]]] = {}
        for exchange in pack.exchanges():
            by_node.setdefault(str(exchange["node"]), []).append(exchange)
        for node, exchanges in by_node.items():
            operations.setdefault(node, set()).update(operations_of(exchanges))
    return {node: Touched(scenario, frozenset(operations.get(node, ()))) for node, scenario in scenarios.items()}


def plan(learned: Mapping[str, Touched], changes: Sequence[Changed], links: Sequence[Link]) -> Plan:
    """Say what must run for some changes."""
    must: dict[str, tuple[str, tuple[Changed, ...]]] = {}
    for node, touched in learned.items():
        reasons = tuple(change for change in changes if _touches(node, touched, change, links))
        if reasons:
            must[node] = touched.scenario, reasons
    tested = {change for _, reasons in must.values() for change in reasons}
    return Plan(
        must=must,
        left_out=[node for node in learned if node not in must],
        untested=[change for change in dict.fromkeys(changes) if change not in tested],
    )


def load_links(file: Path) -> tuple[Link, ...]:
    """Read what links changes to operations.

    Raises:
        UsageError: the file cannot be read or has mistakes; its text names all of them.
    """
    return read(Links, file, "links").link


def _touches(node: str, touched: Touched, change: Changed, links: Sequence[Link]) -> bool:
    match change.kind:
        case "operation":
            pattern = _of_template(change.name)
            if any(pattern.fullmatch(operation) for operation in touched.operations):
                return True
        case "mapping":
            # A mapping is a contract file of that name, and its checks are tests.
            if Path(node.partition("::")[0]).stem == change.name:
                return True
        case "module":
            pattern = re.compile(rf".*\bmodel\.{re.escape(change.name)}\..*")
            if any(pattern.fullmatch(operation) for operation in touched.operations):
                return True
    return any(
        fnmatchcase(operation, wanted)
        for link in links
        if fnmatchcase(str(change), link.changed)
        for wanted in link.operations
        for operation in touched.operations
    )


def _of_template(operation: str) -> re.Pattern[str]:
    """Return what finds the calls of an operation whose path has parameters: ``POST /orders/{number}/confirm``."""
    method, _, path = operation.partition(" ")
    parts = ("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
    return re.compile(f"{re.escape(method.upper())} {'/'.join(parts)}")
