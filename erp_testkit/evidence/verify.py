"""Verifying a run offline: is every byte as it was sealed, who signed it, and is no run of its project missing?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.evidence import journal, schema
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.run_folder import COMPLETE, MANIFEST, RUNNING
from erp_testkit.evidence.seal import (
    APPROVALS,
    GATE,
    PACK,
    SHA256,
    SIGNATURE,
    SUMS,
    Sealed,
    as_bytes,
    checksum,
    files_of,
    measure,
    sums,
)
from erp_testkit.evidence.signing import TEST_RESULT, BadSignature, digests_of, verified
from erp_testkit.project import STATE

if TYPE_CHECKING:
    from securesystemslib.signer import Key

_OWN = (PACK, SHA256, SIGNATURE)


@dataclass(slots=True)
class Examined:
    """What was found out about a run."""

    path: Path
    manifest: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    """SHA-256 of its seal; empty where there is none."""
    problems: list[str] = field(default_factory=list)
    """What is wrong, each with its place."""
    notes: list[str] = field(default_factory=list)
    """What a reader should know beside."""

    @property
    def id(self) -> str:
        """Id of the run, unique among all runs; empty where the manifest does not say."""
        return str(self.manifest.get("id", ""))

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end."""
        return self.manifest.get("state") == COMPLETE


def examine(run: Path, signers: Mapping[str, Key] | None = None) -> Examined:
    """Examine a run's folder by itself.

    Args:
        run: the folder.
        signers: whose signature of a run counts, by name; None where nobody knows.

    Raises:
        UsageError: it is no folder, or of a format this kit does not know.
    """
    if not run.is_dir() or not ((run / MANIFEST).exists() or (run / PACK).exists()):
        raise UsageError(f"Failed to verify {run}: expected the folder of a run, got none. Next: name one of .erp-testkit/runs/")
    found = Examined(run, _manifest(run))
    _check_format(run, found.manifest)
    found.problems += schema.mistakes("manifest", found.manifest, MANIFEST)
    index = _index(run, found)
    if index is None:
        _examine_unsealed(run, found)
        return found
    for name in ("run", "id", "state"):
        if index[name] != found.manifest.get(name):
            found.problems.append(f"{MANIFEST}: expected {name} '{index[name]}' of {PACK}, got {found.manifest.get(name)!r}")
    found.problems += _files(run, index)
    found.problems += _gate(run / GATE)
    _signature(run, found, signers)
    if not found.is_complete:
        found.notes.append(f"partial: {found.manifest.get('reason')}; it cannot be signed")
    return found


def examine_journal(examined: Sequence[Examined]) -> list[str]:
    """Examine what the projects of some runs say of all their runs: is one missing, exchanged or unknown?

    Args:
        examined: the runs; one that was moved elsewhere counts as there if it is among them.

    Returns:
        What is wrong, each with its place.
    """
    problems: list[str] = []
    given = {one.id: one for one in examined}
    known = {one.id: journal.Known(one.path, (one.manifest.get("follows") or {}).get("prev")) for one in examined}
    for file in sorted({journal.journal_of(one.path) for one in examined}):
        if file.exists():
            problems += journal.mistakes(file.parent, known)
        elif file.parent.name == STATE:
            problems.append(f"{file}: is missing; it names all runs of the project")
    for one in examined:
        before = one.manifest.get("follows") or {}
        predecessor = given.get(before.get("run") or "")
        if before.get("digest") and predecessor is not None and predecessor.digest != before["digest"]:
            problems.append(f"{predecessor.path}: expected the run that {one.path} follows, sealed {before['digest'][:16]}…, got another")
        if before.get("run") and predecessor is None and not journal.journal_of(one.path).exists():
            one.notes.append(f"follows run {before['run']}, which is not here")
    return problems


def _manifest(run: Path) -> Mapping[str, Any]:
    try:
        data = json.loads((run / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _check_format(run: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a newer major format, which may mean something else by the same words."""
    if manifest.get("state") is not None:
        Pack.open(run)


def _index(run: Path, found: Examined) -> dict[str, Any] | None:
    try:
        text = (run / PACK).read_bytes()
    except OSError:
        return None
    found.digest = digest(text)
    try:
        written = (run / SHA256).read_bytes()
    except OSError:
        written = b""
    if written != checksum(text).encode():
        found.problems.append(f"{SHA256}: expected the digest of {PACK}, got another; one of the two was changed")
    try:
        index = json.loads(text)
    except ValueError:
        index = None
    wrong = schema.mistakes("pack", index, PACK)
    if not wrong and as_bytes(index) != text:
        found.problems.append(f"{PACK}: expected an index as the kit writes it, got changed bytes")
    found.problems += wrong
    return None if wrong else index


def _examine_unsealed(run: Path, found: Examined) -> None:
    if not (run / PACK).exists():
        was = "was killed, or still runs" if found.manifest.get("state") == RUNNING else "lost its seal"
        found.problems.append(f"{PACK}: is missing: the run {was}; nothing says which files belong to it, and it cannot be signed")
    files = [file for file in files_of(run) if file.suffix == ".jsonl" and _is_regular(file)]
    for one in measure(run, files, str(found.manifest.get("run", run.name))):
        assert one.chain is not None
        found.problems += _broken(one)
        found.notes.append(f"{one.path}: {one.chain.lines} lines{', the last one cut' if one.chain.half else ''}")


def _files(run: Path, index: Mapping[str, Any]) -> Iterator[str]:
    """Say which files are not as sealed."""
    sealed = {one["path"]: one for one in index["files"]}
    there = {path: file for file in files_of(run) if not _is_afterwards(path := file.relative_to(run).as_posix())}
    irregular = {path for path, file in there.items() if not _is_regular(file)}
    measured = {one.path: one for one in measure(run, [file for path, file in there.items() if path not in irregular], index["run"])}
    by_content = {one["sha256"]: path for path, one in sealed.items()}
    for path in sorted(sealed.keys() | there.keys()):
        if path in irregular:
            yield f"{path}: expected a file, got a link or a thing that is none"
        elif path not in there:
            yield f"{path}: is missing"
        elif path not in sealed:
            was = by_content.get(measured[path].sha256)
            yield f"{path}: does not belong to the run{f'; it has the content of {was}' if was else ''}"
        else:
            yield from _difference(sealed[path], measured[path], by_content)
    yield from _chains(index, sealed, measured)
    folders = {str(parent) for path in sealed for parent in Path(path).parents}
    for folder in sorted(path for path in run.rglob("*") if path.is_dir() and not path.is_symlink()):
        path = folder.relative_to(run).as_posix()
        if path not in folders and not _is_afterwards(f"{path}/"):
            yield f"{path}/: does not belong to the run"


def _difference(sealed: Mapping[str, Any], measured: Sealed, by_content: Mapping[str, str]) -> Iterator[str]:
    if (measured.bytes, measured.sha256) == (sealed["bytes"], sealed["sha256"]):
        return
    other = by_content.get(measured.sha256)
    if other is not None:
        yield f"{measured.path}: has the content of {other}"
    elif measured.bytes != sealed["bytes"]:
        yield f"{measured.path}: expected {sealed['bytes']} bytes, got {measured.bytes}"
    else:
        yield f"{measured.path}: expected content {sealed['sha256'][:16]}…, got {measured.sha256[:16]}…"


def _chains(index: Mapping[str, Any], sealed: Mapping[str, Any], measured: Mapping[str, Sealed]) -> Iterator[str]:
    """Say where lines were changed, also in a file whose digest was made anew."""
    for chain in index["chains"]:
        one = measured.get(chain["path"])
        if one is None or one.chain is None:
            continue
        yield from _broken(one)
        same = sealed.get(one.path, {}).get("sha256") == one.sha256
        if same and (one.chain.lines, one.chain.head) != (chain["lines"], chain["head"]):
            yield f"{PACK}: expected the last line of {one.path}, got another"


def _broken(one: Sealed) -> list[str]:
    at = one.chain.broken_at if one.chain else None
    if at is None:
        return []
    return [f"{one.path}:{at}: does not follow {'the beginning of this file' if at == 1 else f'line {at - 1}'}"]


def _gate(folder: Path) -> Iterator[str]:
    """Say which files of the gate are not as it left them."""
    if not folder.exists():
        return
    irregular = [file for file in files_of(folder) if not _is_regular(file)]
    if irregular or folder.is_symlink() or not folder.is_dir():
        yield f"{GATE}/: expected files, got a link or a thing that is none"
        return
    try:
        written = set((folder / SUMS).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError) as error:
        yield f"{GATE}/{SUMS}: cannot be read: {type(error).__name__}"
        return
    for name in sorted({line.partition("  ")[2].strip() for line in written ^ set(sums(folder).split("\n"))}):
        yield f"{GATE}/{name}: is not as {GATE}/{SUMS} says. Next: judge again: erp-testkit gate {folder.parent}"


def _signature(run: Path, found: Examined, signers: Mapping[str, Key] | None) -> None:
    file = run / SIGNATURE
    if not file.exists():
        found.notes.append("not signed: whoever could write to it could have sealed it anew")
        return
    if signers is None:
        found.problems.append(f"{SIGNATURE}: whose it is, nobody can say without ci/approvers.toml. Next: name it with --approvers")
        return
    try:
        said, key_id = verified(file.read_bytes(), list(signers.values()))
        if said.get("predicateType") != TEST_RESULT or digests_of(said).get(PACK) != found.digest:
            raise BadSignature(f"expected a signature of this {PACK}, got one of something else")
    except BadSignature as error:
        found.problems.append(f"{SIGNATURE}: {error}")
        return
    found.notes.append(f"signed by {next(name for name, key in signers.items() if key.keyid == key_id)}")


def _is_afterwards(path: str) -> bool:
    """Say whether a file may come after the seal; each of these is checked by what it belongs to."""
    return path in _OWN or path.startswith((f"{GATE}/", f"{APPROVALS}/"))


def _is_regular(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()
