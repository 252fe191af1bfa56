"""A rule: one law of the trade, read from a ``.sql`` file.

The file opens with header comments and goes on with one query over the ledger that yields the rule's *subjects*: everything it judges.
The columns before ``holds`` name the subject; ``holds`` says whether it is kept, violated or (NULL) unknown; figures follow:

```sql
-- id: no-negative-stock
-- title: No bin holds less than nothing
-- title_zh: 库位库存不得为负
-- severity: critical
-- why: A negative figure hides a movement that was booked twice or from the wrong bin.
-- reference:
SELECT item, place, lot, serial, quantity >= 0 AS holds, quantity, 0 AS least FROM on_hand
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Family, Kind, Severity, register
from erp_testkit.domain.ledger import Row
from erp_testkit.rules import header
from erp_testkit.rules.dialect import Carrier
from erp_testkit.rules.mistakes import Mistake
from erp_testkit.rules.subjects import HOLDS, SINCE

LAWS = Path(__file__).parent / "laws"
"""The rules that ship with the kit."""


class Scope(StrEnum):
    """What a rule holds for."""

    SCENARIO = "scenario"
    """The ledger of one scenario, which began at a known time and has come to rest."""
    DATA = "data"
    """An ERP's own data, which go back years and never rest."""
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One law of the trade."""

    id: str
    title: str
    title_zh: str
    severity: Severity
    why: str
    """What goes wrong in the business when it is broken."""
    why_zh: str | None
    reference: str | None
    """The regulation or standard that asks for it."""
    scope: Scope
    lag: timedelta | None
    """In data, a subject younger than this is *in flight* and not judged."""
    sql: str
    """The query as written, in DuckDB's dialect."""
    sqlite: str
    """What SQLite runs for it."""
    duckdb: str
    """What DuckDB runs for it."""
    tables: tuple[str, ...]
    """Ledger tables without which it cannot be judged."""
    columns: tuple[tuple[str, str], ...]
    """What the query yields: name and type."""
    file: Path

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that name a subject."""
        names = [name for name, _ in self.columns]
        return tuple(names[: names.index(HOLDS)])

    @property
    def kind(self) -> Kind:
        """What it finds."""
        page = "docs/rules.md" if self.file.parent == LAWS else ""
        return Kind(
            id=self.id, family=Family.RULE, title=self.title, title_zh=self.title_zh, severity=self.severity, page=page, help=self.why
        )

    def title_in(self, language: str) -> str:
        """Return the title in English or, for any language that begins with ``zh``, in Chinese."""
        return self.title_zh if language.startswith("zh") else self.title

    def why_in(self, language: str) -> str:
        """Return why it matters, in Chinese where the rule says it in Chinese and the language asks for it."""
        return (language.startswith("zh") and self.why_zh) or self.why


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rule says of a ledger: how many of its subjects are kept, violated, unknown and in flight."""

    rule: Rule
    kept: int = 0
    violations: tuple[Row, ...] = ()
    """The violated subjects with their figures, in an order that does not depend on the engine."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """Why some subjects could not be judged, and how many for each reason."""
    unknown_rows: tuple[Row, ...] = ()
    """Some of these, with the reason as ``unknown_because``."""
    in_flight: int = 0
    missing: tuple[str, ...] = ()
    """Ledger tables it needs and this ERP cannot answer for; not empty means that the rule is *not covered*."""
    error: str = ""
    """Why it could not run."""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Subjects kept, violated, unknown and in flight; all 0 means that the rule was *not exercised*."""
        return self.kept, len(self.violations), sum(self.unknown.values()), self.in_flight


def in_scope(rules: Iterable[Rule], scope: Scope) -> tuple[Rule, ...]:
    """Return the rules that hold for a scenario, or for data."""
    return tuple(rule for rule in rules if rule.scope in (scope, Scope.BOTH))


def load_rules(folders: Iterable[Path] = (), cache: Path | None = None) -> tuple[Rule, ...]:
    """Load the shipped rules and then those of other folders.

    Args:
        folders: folders of ``.sql`` files, such as the user's ``rules/``.
        cache: folder in which what was learned about a rule is kept; the next start then does without the SQL parser.

    Raises:
        UsageError: some files are no rules; all mistakes are named at once, with file and line.
    """
    carrier = Carrier(cache)
    rules: dict[str, Rule] = {}
    mistakes: list[str] = []
    for file in _files(folders):
        try:
            rule = _load(file, carrier)
            if rule.id in rules:
                raise Mistake(1, f"expected an id of its own, got '{rule.id}', which {rules[rule.id].file} has too.")
            rules[rule.id] = rule
        except Mistake as mistake:
            mistakes.append(f"Failed to load rule {file}:{mistake.line}: {mistake}")
    if mistakes:
        raise UsageError("\n".join([*mistakes, "Next: mend the files named above, then type: erp-testkit rules"]))
    register(*(rule.kind for rule in rules.values() if rule.file.parent == LAWS))
    return tuple(rules.values())


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    yield from sorted(LAWS.glob("*.sql"))
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(
                f"Failed to load rules from {folder}: expected a folder, got nothing of that name. "
                "Next: make it, or take it out of 'rules' in the configuration."
            )
        yield from sorted(folder.glob("*.sql"))


def _load(file: Path, carrier: Carrier) -> Rule:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Mistake(1, f"expected text in UTF-8, got byte {error.object[error.start]:#x} at position {error.start}.") from error
    said = header.read(text, set(Scope))
    carried = carrier.carry(text)
    lag = header.duration(said["lag"]) if said.get("lag") else None
    if lag is not None and SINCE not in dict(carried.columns):
        raise Mistake(
            header.line(text, "lag"), "expected a column 'since' that says how old a subject is, because of the header 'lag', got none."
        )
    return Rule(
        id=said["id"],
        title=said["title"],
        title_zh=said["title_zh"],
        severity=Severity(said["severity"]),
        why=said["why"],
        why_zh=said.get("why_zh") or None,
        reference=said.get("reference") or None,
        scope=Scope(said.get("scope") or Scope.BOTH),
        lag=lag,
        sql=header.query(text),
        sqlite=carried.sqlite,
        duckdb=carried.duckdb,
        tables=tuple(sorted({*carried.tables, *(["run"] if lag is not None else [])})),
        columns=carried.columns,
        file=file,
    )
