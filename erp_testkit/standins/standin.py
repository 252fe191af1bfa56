"""What a stand-in is, and how one is found by name.

A stand-in is started in two steps, so that several pytest workers can share what is expensive: `prepare` runs once, in the process that
controls the run (database server, template database); `start` runs once per worker (a clone of the template and an ERP process of
its own). What `prepare` returns is plain text, because it travels to the workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from erp_testkit import extras
from erp_testkit.config import Credentials
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest

GROUP, IN_CONTAINERS = "erp_testkit.standins", "erp_testkit.containers"
"""Groups of entry points: stand-ins as processes, and in containers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A stand-in that answers."""

    url: str
    users: Mapping[Role, Credentials]
    options: Mapping[str, str] = field(default_factory=dict)
    """Adapter options, such as the database name."""
    log: Path | None = None
    """Where its process writes."""
    inside_url: str = ""
    """Where partner systems reach it, if not at `url`: they may stand on another network than we do."""


class StandIn(Protocol):
    """A system the kit can start. Built with the state folder ``.erp-testkit`` and the profile's options.

    Its class may name the options there are, as ``OPTIONS``: any other is then a mistake in the profile.
    """

    def prepare(self) -> Mapping[str, str]:
        """Start or build what all workers share.

        Raises:
            EnvironmentFailure: it cannot be started here.
        """

    def start(self, prepared: Mapping[str, str], worker: str) -> Started:
        """Start this worker's own ERP and wait until it answers."""

    def stop(self) -> None:
        """Stop what `start` started and drop its database."""

    def finish(self) -> None:
        """Stop what `prepare` started."""


def load_standin(name: str, state: Path, options: Mapping[str, str], images: Mapping[str, str] | None = None) -> StandIn:
    """Build the stand-in registered under a name (entry point groups ``erp_testkit.standins`` and ``erp_testkit.containers``).

    Args:
        name: of the adapter.
        state: the project's state folder.
        options: the profile's options.
        images: container images by what they are for; None starts it as a process.

    Raises:
        UsageError: there is none of that name, or it has no such option.
        EnvironmentFailure: what it needs is not installed.
    """
    points = {point.name: point for point in entry_points(group=GROUP if images is None else IN_CONTAINERS)}
    if name not in points:
        where = "" if images is None else " that runs in containers"
        raise UsageError(
            f"Failed to start a stand-in for adapter '{name}': expected one of that name{where}, or a url in the profile. "
            f"{closest(name, points)}"
        )
    if images is None and name in extras.EXTRAS:
        extras.require(name, f"start the stand-in of adapter '{name}'")
    built = points[name].load()
    known = getattr(built, "OPTIONS", options)
    for option in options:
        if option not in known:
            raise UsageError(
                f"Failed to start the stand-in of adapter '{name}': expected an option it has, got 'options.{option}' in the profile. "
                f"{closest(option, known)}"
            )
    standin: StandIn = built(state, options) if images is None else built(state, options, images)
    return standin
