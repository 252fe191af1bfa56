"""The kit's options for pytest, and what they choose together with the configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from erp_testkit import shipped
from erp_testkit.domain.errors import UsageError
from erp_testkit.project import config_file

if TYPE_CHECKING:
    from erp_testkit.config import Config, Profile

PROCESSES, CONTAINERS = "processes", "containers"
"""What stand-ins can run in."""
LANGUAGES = ("en", "zh-CN")
"""Languages of the shipped scenarios, named as their folders."""


def add_options(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("erp-testkit", "ERP scenarios (erp-testkit)")
    group.addoption("--erp", metavar="NAME", help="run against the embedded stand-in of this adapter, such as reference or tryton")
    group.addoption("--profile", metavar="NAME", help="run against this profile of erp-testkit.toml instead of the default one")
    group.addoption("--erp-seed", type=int, metavar="N", help="seed of the test data; each run draws one and prints it unless given")
    group.addoption("--erp-again", type=Path, metavar="RUN", help="draw the same codes and dates as that run, named by its folder")
    group.addoption("--erp-shared", action="store_true", help="with -n: one embedded ERP for all workers instead of one each")
    group.addoption(
        "--erp-suite", action="store_true", help="where no paths are given: all shipped scenarios and contracts, and the project's own"
    )
    group.addoption("--erp-language", choices=LANGUAGES, help="with --erp-suite: shipped scenarios of this language only")
    group.addoption("--erp-tests", type=Path, metavar="FILE", help="only the tests this file lists, as erp-testkit plan writes them")
    group.addoption("--erp-in", choices=(PROCESSES, CONTAINERS), default=PROCESSES, help="what stand-ins run in")
    group.addoption("--erp-keep", action="store_true", help="with containers: leave them when the run is over, for a look")
    group.addoption("--erp-shard", metavar="K/N", help="run part K of N, the same in every job; split by recorded times")
    group.addoption("--erp-run-folder", type=Path, metavar="DIR", help="where this run leaves its evidence")


def is_active(config: pytest.Config) -> bool:
    """Say whether the kit takes part in this session at all: its configuration is in the root folder, or an ERP was asked for."""
    return bool(config.getoption("erp") or config.getoption("profile")) or config_file(config.rootpath) is not None


def read_settings(config: pytest.Config) -> tuple[Config, Profile]:
    """Return the configuration and the profile this session runs against.

    Raises:
        UsageError: the configuration has mistakes, or there is no such profile.
    """
    from erp_testkit.config import load_config  # its types are many, and this module is loaded in every project

    settings = load_config(config.rootpath)
    seed = config.getoption("erp_seed")
    if seed is not None:
        settings = settings.model_copy(update={"seed": seed})
    profile = choose_profile(settings, config.getoption("erp"), config.getoption("profile"))
    if config.getoption("erp_keep"):
        profile = replace(profile, options={**profile.options, "keep": "true"})
    return settings, profile


def choose_profile(settings: Config, erp: str | None, profile: str | None) -> Profile:
    """Return the profile that ``--erp`` and ``--profile`` ask for; the default one where neither is given.

    Raises:
        UsageError: both are given, or there is no such profile.
    """
    if erp and profile:
        raise UsageError(f"Failed to choose an ERP: expected one of --erp and --profile, got both ({erp}, {profile}).")
    return settings.embedded(erp) if erp else settings.profile(profile)


def choose_suite(config: pytest.Config, settings: Config) -> None:
    """Let the session collect the whole suite, if that is asked for and no paths are given."""
    if not config.getoption("erp_suite") or config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    shipped_features = shipped.FEATURES / (config.getoption("erp_language") or "")
    own = (path for path in (*settings.features, *settings.contracts) if not _is_shipped(path))
    config.args[:] = [str(shipped_features), str(shipped.CONTRACTS), *map(str, own)]


def _is_shipped(path: Path) -> bool:
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in (shipped.FEATURES, shipped.CONTRACTS))
