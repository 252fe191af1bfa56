"""The plan of a run: what it will do, as data. It is decided once, crosses to the workers, and stands in the manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import randbelow
from typing import Any, Self

import pytest

from erp_testkit.config import Config, Environment, Profile
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.errors import UsageError
from erp_testkit.evidence.provenance import adapter_version
from erp_testkit.evidence.run_folder import MANIFEST, RunFolder
from erp_testkit.project import STATE
from erp_testkit.pytest_plugin.session.options import CONTAINERS, read_settings
from erp_testkit.pytest_plugin.session.shard import Shard

WORKER_INPUT = "erp_testkit"
"""Key under which workers get what the controlling process has decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a run draws: given the same, the same codes and dates come again, in whatever order the tests run."""

    seed: int
    codes: str
    """What codes are drawn from beside the seed: unless given, the run's own name, so that old data in an ERP never get in the way."""
    today: date
    """The day on which the stories play, UTC."""

    @classmethod
    def of_run(cls, folder: Path) -> Self:
        """Read what an earlier run drew.

        Raises:
            UsageError: there is no run in the folder, or it does not say.
        """
        try:
            drawn = json.loads((folder / MANIFEST).read_bytes())["drawn"]
            return cls(seed=int(drawn["seed"]), codes=str(drawn["codes"]), today=date.fromisoformat(drawn["today"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"Failed to read what run {folder} drew: {type(error).__name__} {error}. "
                "Next: name the folder of a run, such as one of .erp-testkit/runs"
            ) from error

    def as_data(self) -> Mapping[str, Any]:
        """Return it as plain data."""
        return {"seed": self.seed, "codes": self.codes, "today": self.today.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do."""

    profile: Profile
    id: str
    """Name of the run, unique."""
    path: Path
    """Where it leaves its evidence."""
    state: Path
    """Where everything lies that the kit writes."""
    drawn: Drawn
    shard: Shard | None
    """Which part of the suite it is, where it is not the whole."""
    in_containers: bool
    """Whether stand-ins run in containers."""

    @property
    def is_production(self) -> bool:
        """Whether nothing may be written."""
        return self.profile.environment is Environment.PRODUCTION

    def codes_of(self, node: str) -> CodeMaker:
        """Return the maker of one test's unique codes."""
        return CodeMaker(self.drawn.seed, self.drawn.codes, node)

    def facts(self) -> Mapping[str, Any]:
        """Return what the manifest says of it."""
        profile = self.profile
        return {
            "id": self.id,
            "profile": profile.name,
            "adapter": profile.adapter,
            "adapter_version": adapter_version(profile.adapter),
            "environment": str(profile.environment),
            "url": profile.url,
            "seed": self.drawn.seed,
            "drawn": self.drawn.as_data(),
            **({} if self.shard is None else {"shard": asdict(self.shard)}),
        }

    def decided(self) -> Mapping[str, Any]:
        """Return what a worker cannot decide by itself, as plain data."""
        return {"id": self.id, "path": str(self.path), "drawn": self.drawn.as_data()}


def make_plan(config: pytest.Config) -> tuple[Config, Plan]:
    """Read what was configured, and decide; nothing is started or written.

    Raises:
        UsageError: the configuration has mistakes, or shards would not draw the same data.
    """
    settings, profile = read_settings(config)
    shard = Shard.parse(text) if (text := config.getoption("erp_shard")) else None
    again: Path | None = config.getoption("erp_again")
    if shard is not None and settings.seed is None and again is None:
        raise UsageError(f"Failed to run shard {text}: expected a seed that all shards share, got none. Next: add --erp-seed 7")
    state = config.rootpath / STATE
    fresh = RunFolder.fresh(state)
    decided: Mapping[str, Any] = getattr(config, "workerinput", {}).get(WORKER_INPUT, {})
    if decided:
        drawn = Drawn(**{**decided["drawn"], "today": date.fromisoformat(decided["drawn"]["today"])})
    elif again is not None:
        drawn = Drawn.of_run(again)
    else:
        seed = settings.seed if settings.seed is not None else randbelow(1_000_000)
        drawn = Drawn(seed=seed, codes=fresh.name, today=datetime.now(UTC).date())
    return settings, Plan(
        profile=profile,
        id=decided.get("id", fresh.name),
        path=Path(decided.get("path") or config.getoption("erp_run_folder") or fresh),
        state=state,
        drawn=drawn,
        shard=shard,
        in_containers=config.getoption("erp_in") == CONTAINERS,
    )
