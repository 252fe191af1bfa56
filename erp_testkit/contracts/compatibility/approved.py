"""The last approved version of a contract, and the check that holds the contract against it.

It is kept in the folder ``approved`` of the contracts folder, under the same path: ``contracts/approved/openapi/erp.yaml``.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from erp_testkit.contracts.check import Judged, Live
from erp_testkit.contracts.compatibility.change import Change, Impact
from erp_testkit.contracts.kinds import APPROVED, KINDS
from erp_testkit.domain.findings import Finding


def approved_file(file: Path) -> Path | None:
    """Return the approved version of a contract; None where there is none."""
    file = file.resolve()
    found = (folder / APPROVED / file.relative_to(folder) for folder in file.parents)
    return next((candidate for candidate in found if candidate.is_file()), None)


def approved_check(file: Path) -> Approved | None:
    """Return the check of a contract against its approved version; None where there is none."""
    approved = approved_file(file)
    return None if approved is None else Approved(file=file, approved=approved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Checks that nobody who keeps to the approved version of a contract is hit by the present one. Needs no ERP."""

    file: Path
    approved: Path
    id: str = "compatible with the approved version"
    title: str = "compatible with the approved version"
    line: int = 1
    ports: frozenset[str] = frozenset()
    writes: bool = False

    def run(self, live: Live) -> Judged:  # noqa: ARG002  # every check gets a world to work in
        """Compare the versions.

        Raises:
            UsageError: one of them cannot be read.
        """
        from erp_testkit.contracts.compatibility.contracts import changes, read_version  # only where there is a version

        found = changes(read_version(self.approved), read_version(self.file), datetime.now(UTC).date())
        # Risky changes are told too, so that nothing passes unseen; the policy decides what a minor finding means.
        told = [change for change in found if change.impact is not Impact.HARMLESS]
        return Judged(findings=[self._finding(change, last=change is told[-1]) for change in told], counted=max(1, len(found)))

    def _finding(self, change: Change, *, last: bool) -> Finding:
        from erp_testkit.contracts.compatibility.findings import COMPATIBILITY  # as above

        shown = f" It shows at {', '.join(change.operations)}." if change.schema else ""
        file = self.file.relative_to(Path.cwd()) if self.file.is_relative_to(Path.cwd()) else self.file
        step = f"\nNext: keep what was approved, or, when everybody who is hit agrees: erp-testkit contracts approve {file}" if last else ""
        return COMPATIBILITY[change.rule].found(
            f"Failed to keep to the approved version ({change.impact}): expected nothing that hits those who rely on it, got "
            f"{change.rule} at {change.place}: {change.reason}.{shown}{step}",
            place=change.place,
            key=change.key,
            evidence=[{"place": change.place, "approved": change.old, "now": change.new}],
        )


def approve(file: Path, folder: Path) -> list[Path]:
    """Make a contract the approved version, with the files it refers to.

    Args:
        file: the contract.
        folder: the contracts folder it is in.

    Returns:
        What was written. Other contracts it refers to are approved on their own, unless they never were.

    Raises:
        UsageError: the contract cannot be read.
        OSError: the approved version cannot be written.
    """
    from erp_testkit.contracts.compatibility.contracts import read_version  # as above

    document = read_version(file).document
    written = []
    for source, content in [(file, {}), *((parsed.file, parsed.data) for parsed in document.others.values())]:
        target = folder / APPROVED / source.resolve().relative_to(folder.resolve())
        if target.is_file() and isinstance(content, dict) and not KINDS.keys().isdisjoint(content):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        written.append(target)
    return written
