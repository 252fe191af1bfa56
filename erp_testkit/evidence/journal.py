"""The journal of a project's runs: which began after which, how each was sealed, and who signed it.

It is one chained file in the state folder, beside the runs themselves. A run whose folder was deleted still stands in it, and each
manifest names the run it follows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.ledger import time_text
from erp_testkit.domain.said import Said
from erp_testkit.evidence.chain import Journal, digest
from erp_testkit.evidence.seal import PACK

FILE = "runs.jsonl"
BEGUN, SEALED, SIGNED, APPROVED = "begun", "sealed", "signed", "approved"


def journal_of(run: Path) -> Path:
    """Return where the journal of a run's project is, if the run lies where its project keeps runs."""
    return run.resolve().parent.parent / FILE


def begin(state: Path, run: Path, identity: str) -> Mapping[str, Any]:
    """Enter a run that begins, and return which run it follows.

    Raises:
        EnvironmentFailure: the journal cannot be written.
    """
    previous, before = _append(state, run, BEGUN, identity, {})
    last = next((entry["id"] for entry in reversed(before) if entry["event"] == BEGUN), None)
    sealed = next((entry["digest"] for entry in before if entry["event"] == SEALED and entry["id"] == last), None)
    return {"prev": previous, "run": last, "digest": sealed}


def seal(state: Path, run: Path, identity: str, run_state: str, seal_digest: str) -> None:
    """Enter the seal of a run that has ended.

    Raises:
        EnvironmentFailure: the journal cannot be written.
    """
    _append(state, run, SEALED, identity, {"state": run_state, "digest": seal_digest})


def sign(run: Path, event: str, identity: str, file: Path) -> None:
    """Enter a signature, where the run lies where its project keeps runs.

    Args:
        run: the run's folder.
        event: `SIGNED` or `APPROVED`.
        identity: the run's id.
        file: the signature.

    Raises:
        EnvironmentFailure: the journal cannot be written.
    """
    journal = journal_of(run)
    if journal.is_file():
        facts = {"file": file.relative_to(run).as_posix(), "digest": digest(file.read_bytes())}
        _append(journal.parent, run, event, identity, facts)


def _append(state: Path, run: Path, event: str, identity: str, facts: Mapping[str, str]) -> tuple[str, list[Mapping[str, Any]]]:
    folder = os.path.relpath(run.resolve(), state.resolve())
    try:
        previous, before = Journal(state / FILE).append(
            {"event": event, "id": identity, "at": time_text(datetime.now(UTC)), "folder": folder, **facts}
        )
    except (OSError, ValueError) as error:
        raise EnvironmentFailure(
            f"Failed to write {state / FILE}: expected room, rights and lines of JSON, got {error}. "
            "Next: if it is damaged, keep it elsewhere as evidence, and run again"
        ) from error
    return previous, list(before)


@dataclass(frozen=True, slots=True)
class Known:
    """What a run says of itself."""

    path: Path
    follows: str | None
    """The hash it carries from the journal."""


def mistakes(state: Path, given: Mapping[str, Known]) -> Iterator[Said]:
    """Yield what does not fit between a journal and the runs: one is missing, exchanged, or not in it.

    Args:
        state: the folder the journal is in.
        given: runs by id; one that was moved elsewhere counts as there if it is among them.
    """
    journal = Journal(state / FILE)
    followed = journal.followed()
    if followed.broken_at is not None:
        said = Said("{file}:{line}: does not follow the line before", "{file}:{line}：与上一行不衔接")
        yield said.with_(file=journal.path, line=followed.broken_at)
    try:
        entries = [entry for entry in journal.entries() if {"event", "id", "folder"} <= entry.keys()]
    except ValueError:
        yield Said("{file}: expected lines of JSON, got others", "{file}：含有不是 JSON 的行").with_(file=journal.path)
        return
    begun = {entry["id"]: entry for entry in entries if entry["event"] == BEGUN}
    sealed = {entry["id"]: entry.get("digest") for entry in entries if entry["event"] == SEALED}
    for name, entry in begun.items():
        folder = given[name].path if name in given else state / entry["folder"]
        if not folder.is_dir():
            how = Said("sealed as {digest}…", "封存摘要为 {digest}…") if name in sealed else Said("never sealed", "从未封存")
            yield Said("{folder}: is missing: run {run} began at {at}, {how}", "{folder}：缺失：运行 {run} 开始于 {at}，{how}").with_(
                folder=folder, run=name, at=entry.get("at"), how=how.with_(digest=str(sealed.get(name))[:16])
            )
        elif _digest(folder / PACK) != sealed.get(name):
            said = Said("{folder}: expected run {run} as it was sealed, got another seal", "{folder}：运行 {run} 的封存摘要已改变")
            yield said.with_(folder=folder, run=name)
    for entry in entries:
        if entry["event"] in (SIGNED, APPROVED):
            folder = given[entry["id"]].path if entry["id"] in given else state / entry["folder"]
            file = folder / str(entry.get("file"))
            if folder.is_dir() and _digest(file) != entry.get("digest"):
                got = Said("another file", "已被改换") if file.exists() else Said("nothing", "已不存在")
                yield Said("{file}: expected what was {event} at {at}, got {got}", "{file}：{at} {event}的文件{got}").with_(
                    file=file, event=_EVENTS[entry["event"]], at=entry.get("at"), got=got
                )
    for name, one in given.items():
        if journal_of(one.path) != journal.path.resolve():
            continue
        if name not in begun:
            said = Said("{file}: does not know run {run} in {folder}", "{file}：其中没有运行 {run}（{folder}）")
            yield said.with_(file=journal.path, run=name, folder=one.path)
        elif one.follows != begun[name]["prev"]:
            said = Said(
                "{folder}: expected what {file} says of the run before, got something else",
                "{folder}：所记的上一次运行与 {file} 中的不一致",
            )
            yield said.with_(folder=one.path, file=journal.path.name)


_EVENTS: Mapping[str, Said] = {SIGNED: Said(SIGNED, "签名"), APPROVED: Said(APPROVED, "签批")}


def _digest(file: Path) -> str | None:
    return digest(file.read_bytes()) if file.is_file() and not file.is_symlink() else None
