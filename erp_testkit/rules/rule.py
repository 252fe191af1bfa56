"""A rule: one law of the trade, read from a ``.sql`` file.

The file opens with header comments and goes on with one query over the ledger's tables that returns the rows that violate the law:

```sql
-- id: no-negative-stock
-- title: No bin holds less than nothing
-- title_zh: 库位库存不得为负
-- severity: critical
-- why: A negative figure hides a movement that was booked twice or from the wrong bin.
-- reference:
SELECT o.item, o.place, o.lot, o.quantity FROM on_hand o WHERE o.quantity < 0
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.domain.findings import Severity
from erp_testkit.domain.ledger import Row
from erp_testkit.rules.dialect import Carrier, Mistake

LAWS = Path(__file__).parent / "laws"
"""The rules that ship with the kit."""

_REQUIRED = ("id", "title", "title_zh", "severity", "why")
_HEADER = (*_REQUIRED, "why_zh", "reference")


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
    sql: str
    """The query as written, in DuckDB's dialect."""
    sqlite: str
    """What SQLite runs for it."""
    duckdb: str
    """What DuckDB runs for it."""
    tables: tuple[str, ...]
    """Ledger tables the query reads."""
    file: Path

    def title_in(self, language: str) -> str:
        """Return the title in English or, for any language that begins with ``zh``, in Chinese."""
        return self.title_zh if language.startswith("zh") else self.title

    def why_in(self, language: str) -> str:
        """Return why it matters, in Chinese where the rule says it in Chinese and the language asks for it."""
        return (language.startswith("zh") and self.why_zh) or self.why


@dataclass(frozen=True, slots=True)
class Checked:
    """What a rule says of a ledger."""

    rule: Rule
    violations: tuple[Row, ...] = ()
    """The rows that violate it, in an order that does not depend on the engine."""
    missing: tuple[str, ...] = ()
    """Ledger tables it needs and this ERP cannot answer for; not empty means that the rule is *not covered*."""

    @property
    def kept(self) -> bool:
        """Whether the rule was checked and nothing violates it."""
        return not self.violations and not self.missing


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
    header = _header(text)
    carried = carrier.carry(text)
    return Rule(
        id=header["id"],
        title=header["title"],
        title_zh=header["title_zh"],
        severity=Severity(header["severity"]),
        why=header["why"],
        why_zh=header.get("why_zh") or None,
        reference=header.get("reference") or None,
        sql=text[_header_end(text) :].strip(),
        sqlite=carried.sqlite,
        duckdb=carried.duckdb,
        tables=carried.tables,
        file=file,
    )


def _header(text: str) -> dict[str, str]:
    """Read the comment lines before the query; other comments may stand among them."""
    header: dict[str, str] = {}
    for number, line in _comments(text):
        key, colon, value = line.removeprefix("--").partition(":")
        key = key.strip()
        if not colon or not key.isidentifier():
            continue
        if key not in _HEADER:
            raise Mistake(number, f"expected a known header, got '{key}'. {closest(key, _HEADER)}")
        if key in header:
            raise Mistake(number, f"expected header '{key}' once, got it again.")
        header[key] = value.strip()
        if key == "severity" and header[key] not in set(Severity):
            raise Mistake(number, f"expected a severity, got '{header[key]}'. {closest(header[key], set(Severity))}")
    lacking = [key for key in _REQUIRED if not header.get(key)]
    if lacking:
        raise Mistake(1, f"expected header lines such as '-- {lacking[0]}: ...' before the query, got none for {', '.join(lacking)}.")
    return header


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("--"):
            return
        yield number, line


def _header_end(text: str) -> int:
    return sum(len(line) + 1 for line in text.split("\n")[: sum(1 for _ in _comments(text))])
