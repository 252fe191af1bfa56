"""A partner's stand-in in a container, beside the ERP it serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erp_testkit.standins.containers.faults import free_port
from erp_testkit.standins.containers.fleet import Fleet, answers
from erp_testkit.standins.partners import CONTROL, SECRET, TOKEN, Partner
from erp_testkit.standins.web_server import new_secret


class PartnerContainer:
    """A partner's stand-in as the kit starts it in a container.

    Args:
        name: of the partner.
        state: the project's state folder.
        images: container images by what they are for.
        prepared: what the ERP's stand-in prepared: network and owner.
        worker: whose ERP it serves.
    """

    def __init__(self, name: str, state: Path, images: Mapping[str, str], prepared: Mapping[str, str], worker: str) -> None:
        self._name, self._image, self._alias = name, images["partners"], f"{name}-{worker}"
        self._fleet = Fleet.of(prepared, state)

    @property
    def log(self) -> Path:
        """File its output goes to."""
        return self._fleet.log(self._alias)

    def start(self) -> Partner:
        """Start it and wait until it answers.

        Raises:
            EnvironmentFailure: it cannot be started.
        """
        token, secret, control = new_secret(), new_secret(), new_secret()
        ship = self._fleet.start(
            self._image,
            alias=self._alias,
            port=8000,
            ready=answers,
            command=["--partner", self._name],
            environment={TOKEN: token, SECRET: secret, CONTROL: control},
            host_port=free_port(),
        )
        return Partner(name=self._name, url=ship.url, inside_url=ship.inside_url, token=token, secret=secret, control=control)

    def stop(self) -> None:
        """Stop it; does nothing where it does not run."""
        self._fleet.stop()
