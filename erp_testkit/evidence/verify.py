"""Verifying a run offline: is every byte as it was sealed, who signed it, and is no run of its project missing?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.said import Said
from erp_testkit.evidence import journal, schema
from erp_testkit.evidence.chain import digest
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.run_folder import COMPLETE, MANIFEST, PARTIAL, RUNNING
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
STATES: Mapping[str, Said] = {
    COMPLETE: Said(COMPLETE, "已完成"),
    PARTIAL: Said(PARTIAL, "未完成"),
    RUNNING: Said(RUNNING, "未结束"),
}
"""How a run stands, by what its manifest says."""
UNKNOWN_SIGNER = Said(
    "{file}: nobody can say whose without ci/approvers.toml. Next: name it with --approvers",
    "{file}：没有 ci/approvers.toml，无从得知是谁的签名。下一步：用 --approvers 指明",
)


@dataclass(slots=True)
class Examined:
    """What was found out about a run."""

    path: Path
    manifest: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    """SHA-256 of its seal; empty where there is none."""
    problems: list[Said] = field(default_factory=list)
    """What is wrong, each with its place."""
    notes: list[Said] = field(default_factory=list)
    """What a reader should know beside."""

    @property
    def id(self) -> str:
        """Id of the run, unique among all runs; empty where the manifest does not say."""
        return str(self.manifest.get("id", ""))

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end."""
        return self.manifest.get("state") == COMPLETE

    @property
    def ended(self) -> Said:
        """How it ended, and why it did before its time."""
        state, reason = str(self.manifest.get("state")), self.manifest.get("reason") or Said("it never ended", "从未结束")
        return Said("{state}: {reason}", "{state}（{reason}）").with_(state=STATES.get(state, state), reason=reason)


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
            said = Said(
                "{file}: expected {name} '{sealed}' of {pack}, got {got!r}", "{file}：{name} 应与 {pack} 中的“{sealed}”一致，实为 {got!r}"
            )
            found.problems.append(said.with_(file=MANIFEST, name=name, sealed=index[name], pack=PACK, got=found.manifest.get(name)))
    found.problems += _files(run, index)
    found.problems += _gate(run / GATE)
    _signature(run, found, signers)
    if not found.is_complete:
        found.notes.append(Said("{state}; it cannot be signed", "{state}；不能签名").with_(state=found.ended))
    return found


def examine_journal(examined: Sequence[Examined]) -> list[Said]:
    """Examine what the projects of some runs say of all their runs: is one missing, exchanged or unknown?

    Args:
        examined: the runs; one that was moved elsewhere counts as there if it is among them.

    Returns:
        What is wrong, each with its place.
    """
    problems: list[Said] = []
    given = {one.id: one for one in examined}
    known = {one.id: journal.Known(one.path, (one.manifest.get("follows") or {}).get("prev")) for one in examined}
    for file in sorted({journal.journal_of(one.path) for one in examined}):
        if file.exists():
            problems += journal.mistakes(file.parent, known)
        elif file.parent.name == STATE:
            problems.append(
                Said("{file}: is missing; it names all runs of the project", "{file}：缺失；它记载项目的全部运行").with_(file=file)
            )
    for one in examined:
        before = one.manifest.get("follows") or {}
        predecessor = given.get(before.get("run") or "")
        if before.get("digest") and predecessor is not None and predecessor.digest != before["digest"]:
            said = Said(
                "{folder}: expected the run that {next} follows, sealed {digest}…, got another",
                "{folder}：应为 {next} 的上一次运行（封存摘要 {digest}…），实为另一次运行",
            )
            problems.append(said.with_(folder=predecessor.path, next=one.path, digest=before["digest"][:16]))
        if before.get("run") and predecessor is None and not journal.journal_of(one.path).exists():
            one.notes.append(Said("follows run {run}, which is not here", "上一次运行 {run} 不在此处").with_(run=before["run"]))
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
        said = Said(
            "{file}: expected the digest of {pack}, got another; one of the two was changed", "{file}：与 {pack} 的摘要不符，两者之一已改动"
        )
        found.problems.append(said.with_(file=SHA256, pack=PACK))
    try:
        index = json.loads(text)
    except ValueError:
        index = None
    wrong = schema.mistakes("pack", index, PACK)
    if not wrong and as_bytes(index) != text:
        found.problems.append(
            Said("{file}: expected an index as the kit writes it, got changed bytes", "{file}：索引的字节已改动").with_(file=PACK)
        )
    found.problems += wrong
    return None if wrong else index


def _examine_unsealed(run: Path, found: Examined) -> None:
    if not (run / PACK).exists():
        running = found.manifest.get("state") == RUNNING
        was = Said("was killed, or still runs", "被强行终止或仍在进行") if running else Said("lost its seal", "已失去封存")
        said = Said(
            "{file}: is missing: the run {was}; nothing says which files belong to it, and it cannot be signed",
            "{file}：缺失：运行{was}；无从得知哪些文件属于该运行，不能签名",
        )
        found.problems.append(said.with_(file=PACK, was=was))
    files = [file for file in files_of(run) if file.suffix == ".jsonl" and _is_regular(file)]
    for one in measure(run, files, str(found.manifest.get("run", run.name))):
        assert one.chain is not None
        found.problems += _broken(one)
        cut = Said(", the last one cut", "，末行不完整") if one.chain.half else ""
        found.notes.append(
            Said("{file}: {lines} lines{cut}", "{file}：{lines} 行{cut}").with_(file=one.path, lines=one.chain.lines, cut=cut)
        )


_FOREIGN = Said("{path}: does not belong to the run", "{path}：不属于该运行")
_MISSING = Said("{path}: is missing", "{path}：缺失")
_NO_FILE = Said("{path}: expected a file, got a link or a thing that is none", "{path}：应为文件，实为链接或其他对象")


def _files(run: Path, index: Mapping[str, Any]) -> Iterator[Said]:
    """Say which files are not as sealed."""
    sealed = {one["path"]: one for one in index["files"]}
    there = {path: file for file in files_of(run) if not _is_afterwards(path := file.relative_to(run).as_posix())}
    irregular = {path for path, file in there.items() if not _is_regular(file)}
    measured = {one.path: one for one in measure(run, [file for path, file in there.items() if path not in irregular], index["run"])}
    by_content = {one["sha256"]: path for path, one in sealed.items()}
    for path in sorted(sealed.keys() | there.keys()):
        if path in irregular:
            yield _NO_FILE.with_(path=path)
        elif path not in there:
            yield _MISSING.with_(path=path)
        elif path not in sealed:
            foreign, was = _FOREIGN.with_(path=path), by_content.get(measured[path].sha256)
            copied = Said("{foreign}; it has the content of {was}", "{foreign}；其内容与 {was} 相同")
            yield copied.with_(foreign=foreign, was=was) if was else foreign
        else:
            yield from _difference(sealed[path], measured[path], by_content)
    yield from _chains(index, sealed, measured)
    folders = {str(parent) for path in sealed for parent in Path(path).parents}
    for folder in sorted(path for path in run.rglob("*") if path.is_dir() and not path.is_symlink()):
        path = folder.relative_to(run).as_posix()
        if path not in folders and not _is_afterwards(f"{path}/"):
            yield _FOREIGN.with_(path=f"{path}/")


def _difference(sealed: Mapping[str, Any], measured: Sealed, by_content: Mapping[str, str]) -> Iterator[Said]:
    if (measured.bytes, measured.sha256) == (sealed["bytes"], sealed["sha256"]):
        return
    other = by_content.get(measured.sha256)
    if other is not None:
        yield Said("{path}: has the content of {other}", "{path}：其内容与 {other} 相同").with_(path=measured.path, other=other)
    elif measured.bytes != sealed["bytes"]:
        said = Said("{path}: expected {sealed} bytes, got {now}", "{path}：封存时 {sealed} 字节，现为 {now} 字节")
        yield said.with_(path=measured.path, sealed=sealed["bytes"], now=measured.bytes)
    else:
        said = Said("{path}: expected content {sealed}…, got {now}…", "{path}：封存时内容摘要为 {sealed}…，现为 {now}…")
        yield said.with_(path=measured.path, sealed=sealed["sha256"][:16], now=measured.sha256[:16])


def _chains(index: Mapping[str, Any], sealed: Mapping[str, Any], measured: Mapping[str, Sealed]) -> Iterator[Said]:
    """Say where lines were changed, also in a file whose digest was made anew."""
    for chain in index["chains"]:
        one = measured.get(chain["path"])
        if one is None or one.chain is None:
            continue
        yield from _broken(one)
        same = sealed.get(one.path, {}).get("sha256") == one.sha256
        if same and (one.chain.lines, one.chain.head) != (chain["lines"], chain["head"]):
            yield Said("{pack}: expected the last line of {path}, got another", "{pack}：所记 {path} 的末行与实际不符").with_(
                pack=PACK, path=one.path
            )


def _broken(one: Sealed) -> list[Said]:
    at = one.chain.broken_at if one.chain else None
    if at is None:
        return []
    before = Said("the beginning of this file", "文件开头") if at == 1 else Said("line {line}", "第 {line} 行").with_(line=at - 1)
    said = Said("{path}:{line}: does not follow {before}", "{path}:{line}：与{before}不衔接")
    return [said.with_(path=one.path, line=at, before=before)]


def _gate(folder: Path) -> Iterator[Said]:
    """Say which files of the gate are not as it left them."""
    if not folder.exists():
        return
    irregular = [file for file in files_of(folder) if not _is_regular(file)]
    if irregular or folder.is_symlink() or not folder.is_dir():
        said = Said("{folder}/: expected files, got a link or a thing that is none", "{folder}/：应为文件，实有链接或其他对象")
        yield said.with_(folder=GATE)
        return
    try:
        written = set((folder / SUMS).read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError) as error:
        said = Said("{file}: cannot be read: {kind}", "{file}：无法读取（{kind}）")
        yield said.with_(file=f"{GATE}/{SUMS}", kind=type(error).__name__)
        return
    for name in sorted({line.partition("  ")[2].strip() for line in written ^ set(sums(folder).split("\n"))}):
        said = Said(
            "{file}: is not as {sums} says. Next: judge again: erp-testkit gate {run}",
            "{file}：与 {sums} 所记不符。下一步：重新判定：erp-testkit gate {run}",
        )
        yield said.with_(file=f"{GATE}/{name}", sums=f"{GATE}/{SUMS}", run=folder.parent)


def _signature(run: Path, found: Examined, signers: Mapping[str, Key] | None) -> None:
    file = run / SIGNATURE
    if not file.exists():
        said = Said("not signed: whoever could write to it could have sealed it anew", "未签名：有写权限的人可能重新封存过")
        found.notes.append(said)
        return
    if signers is None:
        found.problems.append(UNKNOWN_SIGNER.with_(file=SIGNATURE))
        return
    try:
        statement, key_id = verified(file.read_bytes(), list(signers.values()))
        if statement.get("predicateType") != TEST_RESULT or digests_of(statement).get(PACK) != found.digest:
            said = Said("expected a signature of this {pack}, got one of something else", "不是对此 {pack} 的签名")
            raise BadSignature(said.with_(pack=PACK))
    except BadSignature as error:
        found.problems.append(Said("{file}: {why}", "{file}：{why}").with_(file=SIGNATURE, why=error.said))
        return
    signer = next(name for name, key in signers.items() if key.keyid == key_id)
    found.notes.append(Said("signed by {name}", "由 {name} 签名").with_(name=signer))


def _is_afterwards(path: str) -> bool:
    """Say whether a file may come after the seal; each of these is checked by what it belongs to."""
    return path in _OWN or path.startswith((f"{GATE}/", f"{APPROVALS}/"))


def _is_regular(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()
