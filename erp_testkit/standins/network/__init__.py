"""A bad network on purpose: links that carry bytes between two systems, and toxics that spoil them.

The words are Toxiproxy's (https://github.com/Shopify/toxiproxy): a link is a proxy with an address of its own; a toxic is of a type, works
on one stream (``upstream``: to the server, ``downstream``: its answers), and has attributes. What ERPs need beyond those are
`drop_response` and `reset_on_response` (the server has done it, and the client does not know) and `half_open` (the other side seems to be
there, and is silent).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from erp_testkit.domain.errors import UsageError, closest

UPSTREAM, DOWNSTREAM = "upstream", "downstream"

TOXICS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "latency": {"latency": 0, "jitter": 0},
        "bandwidth": {"rate": 0},
        "slow_close": {"delay": 0},
        "timeout": {"timeout": 0},
        "reset_peer": {"timeout": 0},
        "slicer": {"average_size": 64, "size_variation": 0, "delay": 0},
        "limit_data": {"bytes": 0},
        "down": {},
        "drop_response": {},
        "reset_on_response": {},
        "half_open": {},
    }
)
"""Types of toxics with their attributes and what these are unless said otherwise. Times are milliseconds, a slicer's delay microseconds,
sizes bytes, a rate kilobytes (1000 bytes) a second."""

OF_ANSWERS = frozenset({"drop_response", "reset_on_response"})
"""What is about answers, so upstream makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """One fault of a link.

    Raises:
        UsageError: there is no such type, stream or attribute, or a value cannot be.
    """

    type: str
    stream: str = DOWNSTREAM
    toxicity: float = 1.0
    """The share of connections it works on, 0 to 1."""
    attributes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check it."""
        if self.type not in TOXICS:
            raise UsageError(f"Failed to make a toxic '{self.type}': expected one of a known type. {closest(self.type, TOXICS)}")
        said = f"Failed to make a toxic '{self.type}': expected"
        wrong = [
            f"{said} an attribute of it, got '{name}'. {closest(name, TOXICS[self.type])}"
            for name in self.attributes
            if name not in TOXICS[self.type]
        ]
        wrong += [f"{said} {name} from 0 up, got {value}." for name, value in self.attributes.items() if value < 0]
        if self.stream not in (UPSTREAM, DOWNSTREAM):
            wrong.append(f"{said} stream upstream or downstream, got '{self.stream}'.")
        elif self.type in OF_ANSWERS and self.stream == UPSTREAM:
            wrong.append(f"{said} stream downstream, where answers are, got 'upstream'.")
        if not 0 <= self.toxicity <= 1:
            wrong.append(f"{said} a toxicity from 0 to 1, got {self.toxicity:g}.")
        if wrong:
            raise UsageError("\n".join(wrong))

    def __getitem__(self, attribute: str) -> int:
        """Return what an attribute is."""
        return self.attributes.get(attribute, TOXICS[self.type][attribute])


def toxic(type: str, stream: str = DOWNSTREAM, *, toxicity: float = 1.0, **attributes: int) -> Toxic:  # noqa: A002  # Toxiproxy's word
    """Make a toxic: ``toxic("latency", latency=300)``.

    Raises:
        UsageError: there is no such type, stream or attribute, or a value cannot be.
    """
    return Toxic(type=type, stream=stream, toxicity=toxicity, attributes=attributes)


class Link(Protocol):
    """A way to a server that can be made bad."""

    @property
    def address(self) -> str:
        """Whom clients are told to speak to instead of the server: a url where the server was named by one."""

    def add(self, toxic: Toxic) -> None:
        """Make it bad from now on, also for connections that are open.

        Raises:
            UsageError: what stands behind this link cannot do this one.
        """

    def heal(self) -> None:
        """Take all toxics away."""

    def close(self) -> None:
        """Cut everything and let go of the address."""


class Network(Protocol):
    """Makes links; which means stand behind it is chosen by what there is."""

    def link(self, upstream: str) -> Link:
        """Open a link to a server named by the url at which the client reaches it now.

        Raises:
            EnvironmentFailure: it cannot be opened.
            UsageError: the url is none that can be led elsewhere.
        """

    def close(self) -> None:
        """Close all its links."""
