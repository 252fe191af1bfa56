"""What the user configured: profiles, features, rules, seed.

Read from ``erp-testkit.toml`` in the project's root folder, or from ``[tool.erp_testkit]`` in its ``pyproject.toml``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from erp_testkit import shipped
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.project import FILE, config_file
from erp_testkit.specs.settings import FOLDER, ExistingPath, FilePath, Table, Text, Texts, Url, read, wrong


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
    """One ERP to test, and how to reach it: ready for use, with its passwords."""

    name: str
    adapter: str
    environment: Environment = Environment.TEST
    url: str | None = None
    users: Mapping[Role, Credentials] = field(default_factory=dict)
    """Empty for a stand-in, which brings its own."""
    timeout_seconds: float = 30.0
    known: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner system that stands somewhere, ready for use."""

    url: str
    token: str = field(repr=False)
    """Empty where it wants none."""


class UserTable(Table):
    """A user of the ERP."""

    name: Text
    password_env: Text
    """Environment variable with the password: an error only for the profile in use where it is not set."""


class ProfileTable(Table):
    """One ERP to test, and how to reach it."""

    adapter: Annotated[Text, Field(title="the name of an adapter")]
    """Name of a registered adapter, or the dotted path ``package.module:function`` of one."""
    environment: Annotated[Environment, Field(title="where the ERP stands")] = Environment.TEST
    """In production nothing is ever written."""
    url: Url | None = None
    """Where the ERP is; without it, the stand-in of the same name as the adapter is started."""
    users: Mapping[Role, UserTable] = Field(default={}, validate_default=True)
    """Who signs in, by role; a stand-in brings its own."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """How long an answer may take before the ERP counts as unreachable."""
    known: ExistingPath | None = None
    """TOML file of findings known for this ERP, with a reason each; without it the shipped one of a stand-in, where there is one."""
    options: Mapping[str, Text] = {}
    """What only this adapter or stand-in understands, such as a database name."""

    @field_validator("users")
    @classmethod
    def _somebody_signs_in(cls, users: Mapping[Role, UserTable], info: ValidationInfo) -> Mapping[Role, UserTable]:
        if info.data.get("url") and not users:
            raise wrong(f"at least the user of role {Role.MANAGER} beside a url", None)
        return users


class PartnerTable(Table):
    """A partner system that stands somewhere: a WMS, a carrier, a UDI registry, or one of the user's own."""

    url: Url
    token_env: Text | None = None
    """Environment variable with what it wants as ``Authorization: Bearer …``."""


class Images(Table):
    """Container images by what they are for."""

    base: Text = "python:3.12-slim"
    postgres: Text = "postgres:17"
    reference: Text = "erp-testkit/reference"
    partners: Text = "erp-testkit/partners"
    tryton: Text = "erp-testkit/tryton"


class Redaction(Table):
    """What must not stay in what a run leaves."""

    fields: Texts = ()
    """Names of fields whose values are masked, beside those the kit knows to hold secrets."""


class Config(Table):
    """A project's configuration; paths start from the project's root folder."""

    profiles: Annotated[Mapping[str, ProfileTable], Field(min_length=1, title="at least one profile")] = {
        "reference": ProfileTable(adapter="reference")
    }
    """ERPs to test."""
    default_profile: str = Field(default="", validate_default=True)
    """The profile in use where none is named; the first one unless given."""
    features: tuple[ExistingPath, ...] = ()
    """Files or folders with scenarios, beside the shipped ones."""
    rules: tuple[ExistingPath, ...] = ()
    """Folders with rules, beside the shipped ones."""
    contracts: tuple[ExistingPath, ...] = ()
    """Files or folders with interface contracts, beside the shipped ones."""
    requirements: tuple[ExistingPath, ...] = ()
    """Files or folders with requirements, beside the shipped ones."""
    tags: tuple[Annotated[str, Field(pattern=r"^[\w.:/*-]+$", title="letters, digits and . : / - _ *, without the @")], ...] = ()
    """Tags of your own, beside those the kit knows; ``*`` stands for anything."""
    seed: Annotated[int, Field(ge=0)] | None = None
    """What test data are drawn from; without it, each run draws a new one, prints it and keeps it in the run folder."""
    partners: Mapping[str, PartnerTable] = {}
    """Partner systems that stand somewhere; of all others a stand-in is started when a contract needs one."""
    images: Images = Images()
    redaction: Redaction = Redaction()
    deployments: FilePath | None = None
    """File in which it is kept what runs where; without it, one in the state folder."""
    _root: Path = PrivateAttr(default=Path())

    @property
    def root(self) -> Path:
        """The project's root folder."""
        return self._root

    def model_post_init(self, context: Any, /) -> None:
        """Remember the root folder."""
        self._root = (context or {}).get(FOLDER, Path())

    @field_validator("default_profile")
    @classmethod
    def _one_of_the_profiles(cls, name: str, info: ValidationInfo) -> str:
        profiles = info.data.get("profiles", [name])
        name = name or next(iter(profiles))
        if name not in profiles:
            raise wrong("one of the profiles", name, profiles)
        return name

    def profile(self, name: str | None = None) -> Profile:
        """Return a profile ready for use, the default one unless named.

        Raises:
            UsageError: there is none of that name, or a password's environment variable is not set.
        """
        name = name or self.default_profile
        if name not in self.profiles:
            raise UsageError(f"Failed to use profile '{name}': expected one of {FILE}. {closest(name, self.profiles)}")
        table = self.profiles[name]
        unset = [user.password_env for user in table.users.values() if user.password_env not in os.environ]
        if unset:
            raise UsageError(
                f"Failed to use profile '{name}': expected its passwords in the environment, got none in {', '.join(unset)}. "
                f"Next: export {unset[0]}=…"
            )
        return Profile(
            name=name,
            adapter=table.adapter,
            environment=table.environment,
            url=table.url,
            users={role: Credentials(user.name, os.environ[user.password_env]) for role, user in table.users.items()},
            timeout_seconds=table.timeout_seconds,
            known=table.known or (None if table.url else _shipped_known(table.adapter)),
            options=table.options,
        )

    def partner(self, name: str) -> Partner | None:
        """Return a partner ready for use; None for one that is not configured.

        Raises:
            UsageError: its token's environment variable is not set.
        """
        if name not in self.partners:
            return None
        table = self.partners[name]
        token = os.environ.get(table.token_env, "") if table.token_env else ""
        if table.token_env and not token:
            raise UsageError(
                f"Failed to use partner '{name}': expected its token in the environment, got none in {table.token_env}. "
                f"Next: export {table.token_env}=…"
            )
        return Partner(table.url, token)

    def tokens(self) -> list[str]:
        """Return the tokens of all partners that have one, to be masked."""
        return [token for table in self.partners.values() if table.token_env and (token := os.environ.get(table.token_env))]

    def embedded(self, adapter: str) -> Profile:
        """Return the profile that starts the stand-in of an adapter: the configured one, or one made up from the name."""
        configured = next((name for name, table in self.profiles.items() if table.adapter == adapter and table.url is None), None)
        return self.profile(configured) if configured else Profile(name=adapter, adapter=adapter, known=_shipped_known(adapter))


def load_config(root: Path) -> Config:
    """Read a project's configuration; without a file, everything has its default.

    Raises:
        UsageError: the file has mistakes; its text names all of them.
    """
    file = config_file(root)
    if file is None:
        return Config.model_validate({}, context={FOLDER: root})
    return read(Config, file, "configuration", below=() if file.name == FILE else ("tool", "erp_testkit"))


def _shipped_known(adapter: str) -> Path | None:
    file = shipped.FIXTURES / "known" / f"{adapter}.toml"
    return file if file.is_file() else None
