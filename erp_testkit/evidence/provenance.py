"""Where a run comes from: the change it tests, the machine, the people, and the digests of what it was made of."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

from erp_testkit import shipped
from erp_testkit.config import Config
from erp_testkit.project import config_file
from erp_testkit.rules.rule import LAWS

_CONTRACTS = frozenset({".yaml", ".yml", ".json", ".toml"})
_RULE_ID = re.compile(r"^-- *id: *(\S+) *$", re.MULTILINE)
_ACTORS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOREMAIL", "CHANGE_AUTHOR", "BUILD_USER_ID")
"""Where GitHub Actions, GitLab CI, Azure Pipelines and Jenkins say who started the pipeline."""


def origin(root: Path, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Say what is run where, of which change, and who runs it.

    Args:
        root: the project's folder; where it is in git, its commit is the change.
        environ: where pipelines say who and where they are.
    """
    return {
        "kit": version("erp-testkit"),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        **change(root),
        **people(environ),
    }


def people(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Say who does something, and where."""
    return {
        "who": {"user": _user(), "actor": next((environ[name] for name in _ACTORS if environ.get(name)), None)},
        "where": {"host": platform.node(), "ci": _pipeline(environ)},
    }


def change(root: Path) -> dict[str, Any]:
    """Say which commit is tested, whether anything differs from it, and who wrote it.

    The authors are those of the commit and of what it merges, and whom their trailers name as co-authors.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None, "authors": []}
    # What the kit itself writes below the project is no change of it.
    status = _git(root, "status", "--porcelain", "--", ":(top)", ":(top,exclude,glob)**/.erp-testkit/**")
    form = "--format=%an <%ae>%n%(trailers:key=Co-authored-by,valueonly)"
    # Neither the first commit nor that of a shallow clone has a parent.
    authors = _git(root, "log", form, "HEAD^1..HEAD") or _git(root, "log", "-1", form) or ""
    return {"commit": commit, "dirty": status != "", "authors": sorted({line for line in authors.split("\n") if line})}


def digest_of(files: Iterable[Path], root: Path) -> dict[str, Any]:
    """Return how many files there are and one SHA-256 over all: that of the text ``sha256sum`` prints for them, in order of their names."""
    named = sorted((os.path.relpath(file, root), file) for file in set(files))
    text = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {name}\n" for name, file in named)
    return {"files": len(named), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def made_of(config: Config, asked: Sequence[Path]) -> dict[str, Any]:
    """Return digests of the configuration and of what was to be run, and the ids of the rules.

    Args:
        config: the project's configuration.
        asked: files and folders that scenarios and contracts are collected from.
    """
    found = [file for path in asked for file in _files(path)]
    folders = [folder.resolve() for folder in (shipped.CONTRACTS, *config.contracts)]
    contracts = [file for file in found if file.suffix in _CONTRACTS and any(file.resolve().is_relative_to(folder) for folder in folders)]
    rules = [file for folder in (LAWS, *config.rules) for file in _files(folder) if file.suffix == ".sql"]
    settings = config_file(config.root)
    suite = {"features": [file for file in found if file.suffix == ".feature"], "rules": rules, "contracts": contracts}
    return {
        "configuration": None if settings is None else digest_of([settings], config.root),
        "suite": {name: digest_of(files, config.root) for name, files in suite.items()},
        "rules": sorted(id_ for file in rules for id_ in _RULE_ID.findall(file.read_text(encoding="utf-8", errors="replace"))),
        # Known once they are started.
        "containers": [],
    }


def adapter_version(adapter: str) -> str | None:
    """Return the version of the package an adapter comes with; None for one that is no installed package's."""
    points = {point.name: point for point in entry_points(group="erp_testkit.adapters")}
    package = points[adapter].dist if adapter in points else None
    return None if package is None else f"{package.name} {package.version}"


def _files(path: Path) -> Iterable[Path]:
    return (file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path] if path.is_file() else []


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as containers have it
        return None


def _pipeline(environ: Mapping[str, str]) -> str | None:
    if environ.get("GITHUB_RUN_ID"):
        return f"{environ.get('GITHUB_SERVER_URL')}/{environ.get('GITHUB_REPOSITORY')}/actions/runs/{environ['GITHUB_RUN_ID']}"
    if environ.get("BUILD_BUILDID"):
        return f"{environ.get('SYSTEM_COLLECTIONURI')}{environ.get('SYSTEM_TEAMPROJECT')}/_build/results?buildId={environ['BUILD_BUILDID']}"
    return environ.get("CI_JOB_URL") or environ.get("BUILD_URL")


def _git(root: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
