"""The settings of a message contract: ``NAME.toml`` beside ``NAME.yaml``. The format is described in ``docs/messages.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, Field

from erp_testkit.contracts.messages.document import Channel, is_json
from erp_testkit.contracts.messages.raw_http import sendable
from erp_testkit.contracts.messages.template import FACTS, MESSAGE, NOW, Template
from erp_testkit.contracts.scenes import SCENES
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import closest
from erp_testkit.erp.ports import PORTS
from erp_testkit.specs.asyncapi import RECEIVE, SEND
from erp_testkit.specs.settings import Mistake, Place, Table, Wrong, one_of, read, sentence


def _sendable(headers: Mapping[str, str]) -> Mapping[str, str]:
    found = [
        ((name,), sentence("a header of Latin-1 characters on one line", value))
        for name, value in headers.items()
        if not sendable(name, value)
    ]
    if found:
        raise Wrong(found)
    return headers


Status = Annotated[int, Field(ge=100, le=599, title="an HTTP status")]
Seconds = Annotated[float, Field(gt=0, le=60)]
Word = Literal["accepted", "refused"]
UrlPath = Annotated[str, Field(pattern="^/", title="a path that begins with /")]
Scene = Annotated[str, one_of("a scene", SCENES), Field(json_schema_extra={"enum": [*SCENES]})]


class SignIn(Table):
    """How a partner signs in at the ERP: a request whose answer holds a bearer token."""

    path: UrlPath
    body: Mapping[str, Any]
    """Sent as JSON; ``{user}`` and ``{password}`` are those of the role."""
    token: str = "token"  # noqa: S105  # where it stands, not what it is
    """Name of the token in the answer."""


class End(Table):
    """The state a document ends in."""

    read: str
    """Port and method that return the document, such as ``outbound.shipment``."""
    field: str
    """Its field, such as ``state``."""
    is_: str = Field(alias="is")
    """What the field then says, and the audit trail as the state after."""

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        port, method = self.port, self.read.rpartition(".")[2]
        if port not in PORTS:
            yield ("read",), f"expected a port and its method, got '{self.read}'. {closest(port, PORTS)}"
            return
        reading = [name for name, function in vars(PORTS[port]).items() if hasattr(function, "__reads__")]
        if method not in reading:
            yield ("read",), sentence(f"a reading method of port {port}", method, reading)
            return
        fields = getattr(get_type_hints(getattr(PORTS[port], method))["return"], "__dataclass_fields__", {})
        if self.field not in fields:
            yield ("field",), sentence(f"a field of what {self.read} returns", self.field, fields)

    @property
    def port(self) -> str:
        """Name of the port."""
        return self.read.partition(".")[0]

    def value(self, erp: Any, document: str) -> str:
        """Return what the field of a document says."""
        port, _, method = self.read.partition(".")
        return str(getattr(getattr(getattr(erp, port), method)(document), self.field))


class OldVersion(Table):
    """The message as it was in a former version of the interface."""

    name: str
    body: Any
    headers: Annotated[Mapping[str, str], AfterValidator(_sendable)] = {}
    is_: Word = Field(alias="is")


class Callback(Table):
    """What a partner sends into the ERP."""

    scene: Scene
    body: Any
    """JSON as data, anything else as text, with placeholders."""
    end: End
    role: Role = Role.MANAGER
    """Whose user the partner signs in as."""
    headers: Annotated[Mapping[str, str], AfterValidator(_sendable)] = {}
    deadline_seconds: Seconds = 1.0
    """How soon the message is promised. A late one is handed in after that time."""
    late: Word = "accepted"
    unknown_fields: Word = "accepted"
    follows: str = ""
    """The callback that has to come before, where there is one."""
    other_scene: Scene
    """Scene of a document the message does not fit."""
    old_versions: tuple[OldVersion, ...] = ()


class Retry(Table):
    """What the ERP promises for messages its partner does not take at once."""

    attempts: int = Field(ge=1)
    first_wait_seconds: Seconds
    factor: float = Field(default=2.0, ge=1)
    tolerance: float = Field(default=0.1, ge=0, lt=1)
    """Fraction of a wait by which it may be shorter or longer."""
    late_seconds: Seconds = 2.0
    """How much longer still it may be, for a machine under load."""
    retried: Annotated[tuple[Status, ...], Field(min_length=1, title="at least one status")] = (503,)
    """Statuses after which it tries again."""
    abandoned: tuple[Status, ...] = ()
    """Statuses after which it does not."""
    treated_as_delivered: tuple[Status, ...] = ()
    """Statuses that say the partner has the message already."""
    alarm: bool = True
    """Whether it raises an alarm when it gives up."""

    def waits(self, attempts: int) -> list[float]:
        """Return the seconds between so many attempts."""
        return [self.first_wait_seconds * self.factor**number for number in range(attempts - 1)]


class Effect(Table):
    """What a message does at the partner, and must do once."""

    path: UrlPath
    """Where the partner shows it, with placeholders; 404 where it was not done."""
    list_: str = Field(default="", alias="list")
    """Name of a list in the answer; empty where the answer is the effect itself."""
    field: str = ""
    """Field of the list's entries that names the document."""

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        if bool(self.list_) != bool(self.field):
            yield (), "expected list and field together, got only one of them."


class Outgoing(Table):
    """What the ERP sends to a partner."""

    partner: str
    scene: Scene
    effect: Effect | None = None
    retry: Retry | None = None
    """None takes that of the whole file."""
    signature: str = ""
    """Header with the HMAC-SHA256 of the body, hexadecimal; empty where nothing is signed."""
    in_order: bool = False
    """Whether messages arrive in the order in which they were written."""
    slow_seconds: Seconds = 1.5
    """How long a partner may take that is slow and still in time: where messages keep an order, long enough to write two documents."""


class Settings(Table):
    """What stands beside a message contract."""

    adapter: str = ""
    """Adapter whose ERP it describes; empty for any."""
    stuck_seconds: float = Field(default=60.0, gt=0)
    """How long a job may be queued or running."""
    sign_in: SignIn | None = None
    """None where the ERP takes name and password with every request (HTTP Basic)."""
    retry: Retry | None = None
    callbacks: Mapping[str, Callback] = {}
    """By channel."""
    outgoing: Mapping[str, Outgoing] = {}
    """By channel."""

    def _contradictions(self, context: Mapping[str, Any], /) -> Iterator[Mistake]:
        channels: Mapping[str, Channel] = context.get(CHANNELS, {})
        for name, callback in self.callbacks.items():
            yield from _of_channel(("callbacks", name), RECEIVE, channels)
            if name in channels and channels[name].forms:
                yield from self._of_callback(("callbacks", name), callback, channels[name].forms[0].content_type)
        for name, outgoing in self.outgoing.items():
            yield from _of_channel(("outgoing", name), SEND, channels)
            if outgoing.retry is None and self.retry is None:
                yield ("outgoing", name, "retry"), "expected a retry policy here or for the whole file, got none."
            if outgoing.effect:
                path = Template(outgoing.effect.path, "text/plain")
                yield from _of_body(("outgoing", name, "effect", "path"), path, [outgoing.scene], frozenset())

    def _of_callback(self, place: Place, callback: Callback, content_type: str) -> Iterator[Mistake]:
        former = self.callbacks.get(callback.follows)
        if callback.follows and former is None:
            yield (*place, "follows"), sentence("another callback", callback.follows, self.callbacks)
        # It is written in the scene of the callback before it, too.
        scenes = [callback.scene] if former is None else [callback.scene, former.scene]
        old = [((*place, "old_versions", index), version.body) for index, version in enumerate(callback.old_versions)]
        for where, body in [(place, callback.body), *old]:
            if isinstance(body, str) == is_json(content_type):
                yield (*where, "body"), sentence(f"{'data' if is_json(content_type) else 'text'} for a body of {content_type}", body)
            else:
                yield from _of_body((*where, "body"), Template(body, content_type), scenes, frozenset({MESSAGE, NOW}))

    def retry_of(self, channel: str) -> Retry:
        """Return the retry policy promised for an outgoing channel."""
        retry = self.outgoing[channel].retry or self.retry
        assert retry is not None
        return retry


CHANNELS = "channels"
"""Key of what `load_settings` knows when it reads: the channels of the contract."""


def load_settings(contract: Path, channels: Mapping[str, Channel]) -> Settings:
    """Read the settings beside a contract; without the file nothing is said but what the contract says itself.

    Raises:
        UsageError: they have mistakes; its text names all of them.
    """
    file = contract.with_suffix(".toml")
    return read(Settings, file, "settings", context={CHANNELS: channels}) if file.is_file() else Settings()


def _of_channel(place: Place, action: str, channels: Mapping[str, Channel]) -> Iterator[Mistake]:
    name = str(place[-1])
    channel = channels.get(name)
    if channel is None:
        yield place, sentence("a channel of the contract", name, channels)
    elif action not in channel.actions:
        got = ", ".join(sorted(channel.actions)) or "none"
        yield place, f"expected a channel with an operation of action '{action}', got {got}."
    elif not channel.forms:
        yield place, "expected a channel with a message, got none."
    elif not channel.address.startswith("/"):
        yield place, f"expected a channel whose address is a path such as '/shipments', got '{channel.address}'."
    elif "{" in channel.address:
        yield place, f"expected a channel whose address has no parameters, for nothing fills them in, got '{channel.address}'."


def _of_body(place: Place, template: Template, scenes: Sequence[str], more: frozenset[str]) -> Iterator[Mistake]:
    for scene in dict.fromkeys(scenes):
        known = FACTS[scene] | more
        for name in sorted(template.names() - known):
            yield place, f"expected what is known after the scene '{scene}', got '{{{name}}}'. {closest(name, known)}"
