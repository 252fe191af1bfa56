"""What the user configured: profiles, features, rules, seed.

Read from ``erp-testkit.toml`` in the project's root folder, or from ``[tool.erp_testkit]`` in its ``pyproject.toml``. All mistakes are
collected and shown at once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from erp_testkit import shipped
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.project import FILE, config_file

STATE = ".erp-testkit"
"""Folder in the project's root where everything lies that the kit writes."""


IMAGES: Mapping[str, str] = {
    "base": "python:3.12-slim",
    "postgres": "postgres:17",
    "reference": "erp-testkit/reference",
    "partners": "erp-testkit/partners",
    "tryton": "erp-testkit/tryton",
}
"""Container images by what they are for, and where they come from unless the project says otherwise."""


class Environment(StrEnum):
    """Where a profile's ERP stands. In production nothing is ever written."""

    TEST = "test"
    UAT = "uat"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password of an ERP user; the password never shows in a text form."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One ERP to test, and how to reach it."""

    name: str
    adapter: str
    """Name of a registered adapter, or the dotted path ``package.module:function`` of one."""
    environment: Environment = Environment.TEST
    url: str | None = None
    """None starts the stand-in of the same name as the adapter."""
    users: Mapping[Role, Credentials] = field(default_factory=dict)
    """Empty for a stand-in, which brings its own."""
    timeout_seconds: float = 30.0
    """How long an answer may take before the ERP counts as unreachable."""
    known: Path | None = None
    """TOML file of findings known for this ERP, with a reason each. None takes the shipped one of a stand-in, where there is one."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What only this adapter or stand-in understands, such as a database name."""
    unset: tuple[str, ...] = ()
    """Environment variables its passwords are to come from and that are not set: an error only for the profile in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A partner system that stands somewhere: a WMS, a carrier, a UDI registry, or one of the user's own."""

    name: str
    url: str
    token: str = field(default="", repr=False)
    """What it wants as ``Authorization: Bearer …``; empty where it wants nothing."""
    unset: str = ""
    """Environment variable its token is to come from and that is not set: an error only where the partner is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A project's configuration."""

    root: Path
    features: tuple[Path, ...]
    """Files or folders with the user's own scenarios; the shipped ones are added by the kit."""
    rules: tuple[Path, ...]
    """Folders with the user's own rules."""
    profiles: Mapping[str, Profile]
    default_profile: str
    seed: int | None = None
    """None draws a new one for each run; it is printed and kept in the run folder."""
    tags: tuple[str, ...] = ()
    """The user's own tags, beside those the kit knows; ``*`` stands for anything."""
    contracts: tuple[Path, ...] = ()
    """Files or folders with the user's own interface contracts; the shipped ones are added by the kit."""
    partners: Mapping[str, Partner] = field(default_factory=dict)
    """Partner systems that stand somewhere; of all others a stand-in is started when a contract needs one."""
    images: Mapping[str, str] = field(default_factory=lambda: IMAGES)
    """Container images by what they are for."""
    redacted: tuple[str, ...] = ()
    """Names of fields whose values must not stay in what a run leaves, beside those the kit knows to hold secrets."""
    deployments: Path | None = None
    """Where it is kept what runs where; None is a file in the state folder."""
    requirements: tuple[Path, ...] = ()
    """Files or folders with the user's own requirements; the shipped ones are added by the kit."""

    def profile(self, name: str | None = None) -> Profile:
        """Return a profile ready for use, the default one unless named.

        Raises:
            UsageError: there is none of that name, or a password's environment variable is not set.
        """
        name = name or self.default_profile
        if name not in self.profiles:
            raise UsageError(f"Failed to use profile '{name}': expected one of {FILE}. {closest(name, self.profiles)}")
        profile = self.profiles[name]
        if profile.unset:
            raise UsageError(
                f"Failed to use profile '{name}': expected its passwords in the environment, got none in {', '.join(profile.unset)}. "
                f"Next: export {profile.unset[0]}=…"
            )
        return profile

    def partner(self, name: str) -> Partner | None:
        """Return a partner ready for use; None for one that is not configured.

        Raises:
            UsageError: its token's environment variable is not set.
        """
        partner = self.partners.get(name)
        if partner is not None and partner.unset:
            raise UsageError(
                f"Failed to use partner '{name}': expected its token in the environment, got none in {partner.unset}. "
                f"Next: export {partner.unset}=…"
            )
        return partner

    def embedded(self, adapter: str) -> Profile:
        """Return the profile that starts the stand-in of an adapter: the configured one, or one made up from the name."""
        configured = (profile for profile in self.profiles.values() if profile.adapter == adapter and profile.url is None)
        return next(configured, Profile(name=adapter, adapter=adapter, known=_shipped_known(adapter)))


def load_config(root: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read a project's configuration; without a file, everything has its default.

    Raises:
        UsageError: the file has mistakes; its text names all of them.
    """
    file = config_file(root)
    if file is None:
        return _config(_Reader(root, environ), {})
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"Failed to read {file}: expected TOML, got {error}.") from error
    reader = _Reader(root, environ)
    if file.name != FILE:
        data = data["tool"]["erp_testkit"]
        reader.prefix = "tool.erp_testkit."
    config = _config(reader, data)
    if reader.problems:
        listed = "\n".join(f"- {problem}" for problem in reader.problems)
        raise UsageError(f"Failed to read {file}: expected no mistakes, got {len(reader.problems)}:\n{listed}")
    return config


class _Reader:
    """Reads values one by one and collects what is wrong with them; a wrong value reads as its default."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.environ = environ
        self.prefix = ""
        self.problems: list[str] = []

    def wrong(self, key: str, expected: str, got: object, hint: str = "") -> None:
        self.problems.append(f"{self.prefix}{key}: expected {expected}, got {got!r}.{' ' + hint if hint else ''}")

    def table(self, key: str, value: object, known: tuple[str, ...] | None = None) -> Mapping[str, Any]:
        """Read a table, all of whose keys must be among `known`."""
        if not isinstance(value, dict):
            self.wrong(key, "a table", value)
            return {}
        place = f"{key}." if key else ""
        for name in value:
            if known is not None and name not in known:
                self.wrong(f"{place}{name}", "a key the kit knows", name, closest(name, known))
        return value

    def text(self, key: str, value: object, default: str = "") -> str:
        if isinstance(value, str) and value:
            return value
        self.wrong(key, "text", value)
        return default

    def texts(self, key: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        self.wrong(key, "a list of texts", value)
        return ()

    def path(self, key: str, value: object) -> Path | None:
        text = self.text(key, value)
        if not text:
            return None
        path = self.root / text
        if not path.exists():
            self.wrong(key, "a file or folder that exists", text)
        return path

    def paths(self, key: str, value: object) -> tuple[Path, ...]:
        found = (self.path(f"{key}[{index}]", text) for index, text in enumerate(self.texts(key, value)))
        return tuple(path for path in found if path is not None)


_ROOT_KEYS = (
    "contracts",
    "default_profile",
    "deployments",
    "features",
    "images",
    "partners",
    "profiles",
    "redaction",
    "requirements",
    "rules",
    "seed",
    "tags",
)
_PROFILE_KEYS = ("adapter", "environment", "known", "options", "timeout_seconds", "url", "users")
_TAG = re.compile(r"[\w.:/*-]+")


def _config(reader: _Reader, data: object) -> Config:
    table = reader.table("", data, _ROOT_KEYS)
    read_profiles = reader.table("profiles", table.get("profiles", {}))
    profiles = {name: _profile(reader, name, value) for name, value in read_profiles.items()}
    profiles = profiles or {"reference": Profile(name="reference", adapter="reference")}
    default = reader.text("default_profile", table.get("default_profile", next(iter(profiles))))
    if default and default not in profiles:
        reader.wrong("default_profile", "one of the profiles", default, closest(default, profiles))
    seed = table.get("seed")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool) or seed < 0):
        reader.wrong("seed", "a whole number of at least 0", seed)
        seed = None
    tags = reader.texts("tags", table.get("tags", []))
    for tag in tags:
        if not _TAG.fullmatch(tag):
            reader.wrong("tags", "letters, digits and . : / - _ *, without the @", tag)
    return Config(
        root=reader.root,
        features=reader.paths("features", table.get("features", [])),
        rules=reader.paths("rules", table.get("rules", [])),
        profiles=profiles,
        default_profile=default,
        seed=seed,
        tags=tags,
        contracts=reader.paths("contracts", table.get("contracts", [])),
        partners={name: _partner(reader, name, value) for name, value in reader.table("partners", table.get("partners", {})).items()},
        images=_images(reader, table.get("images", {})),
        redacted=reader.texts("redaction.fields", reader.table("redaction", table.get("redaction", {}), ("fields",)).get("fields", [])),
        deployments=reader.root / reader.text("deployments", table["deployments"]) if "deployments" in table else None,
        requirements=reader.paths("requirements", table.get("requirements", [])),
    )


def _images(reader: _Reader, value: object) -> Mapping[str, str]:
    named = reader.table("images", value, tuple(IMAGES))
    return {**IMAGES, **{name: reader.text(f"images.{name}", tag) for name, tag in named.items() if name in IMAGES}}


def _partner(reader: _Reader, name: str, value: object) -> Partner:
    place = f"partners.{name}"
    table = reader.table(place, value, ("token_env", "url"))
    variable = reader.text(f"{place}.token_env", table["token_env"]) if "token_env" in table else ""
    token = reader.environ.get(variable, "")
    return Partner(name=name, url=_url(reader, f"{place}.url", table.get("url")) or "", token=token, unset="" if token else variable)


def _profile(reader: _Reader, name: str, value: object) -> Profile:
    place = f"profiles.{name}"
    table = reader.table(place, value, _PROFILE_KEYS)
    if "adapter" not in table:
        reader.wrong(f"{place}.adapter", "the name of an adapter", None)
    adapter = reader.text(f"{place}.adapter", table.get("adapter", name))
    url = _url(reader, f"{place}.url", table["url"]) if "url" in table else None
    users, unset = _users(reader, f"{place}.users", table.get("users", {}))
    if url and not users:
        reader.wrong(f"{place}.users", f"at least the user of role {Role.MANAGER} beside a url", None)
    options = reader.table(f"{place}.options", table.get("options", {}))
    timeout = table.get("timeout_seconds", 30.0)
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or timeout <= 0:
        reader.wrong(f"{place}.timeout_seconds", "a number above 0", timeout)
    known = reader.path(f"{place}.known", table["known"]) if "known" in table else None
    return Profile(
        name=name,
        adapter=adapter,
        environment=_environment(reader, f"{place}.environment", table.get("environment", "test")),
        url=url,
        users=users,
        timeout_seconds=timeout,
        known=known or (None if url else _shipped_known(adapter)),
        options={key: reader.text(f"{place}.options.{key}", value) for key, value in options.items()},
        unset=unset,
    )


def _url(reader: _Reader, key: str, value: object) -> str | None:
    url = reader.text(key, value)
    if url and not re.match(r"https?://[^/\s]+", url):
        reader.wrong(key, "an address such as http://erp.example:8000", url)
    return url or None


def _users(reader: _Reader, key: str, value: object) -> tuple[Mapping[Role, Credentials], tuple[str, ...]]:
    users: dict[Role, Credentials] = {}
    unset: list[str] = []
    for role, entry in reader.table(key, value, tuple(Role)).items():
        if role not in tuple(Role):
            continue
        place = f"{key}.{role}"
        table = reader.table(place, entry, ("name", "password_env"))
        variable = reader.text(f"{place}.password_env", table.get("password_env"))
        users[Role(role)] = Credentials(reader.text(f"{place}.name", table.get("name")), reader.environ.get(variable, ""))
        if variable and variable not in reader.environ:
            unset.append(variable)
    return users, tuple(unset)


def _environment(reader: _Reader, key: str, value: object) -> Environment:
    if value in tuple(Environment):
        return Environment(str(value))
    reader.wrong(key, "where the ERP stands", value, closest(str(value), Environment))
    # Whatever it was meant to be, nothing may be written there.
    return Environment.PRODUCTION


def _shipped_known(adapter: str) -> Path | None:
    file = shipped.FIXTURES / "known" / f"{adapter}.toml"
    return file if file.is_file() else None
