"""The settings of a message contract: ``NAME.toml`` beside ``NAME.yaml``. The format is described in ``docs/messages.md``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from erp_testkit.contracts.kinds import read_text
from erp_testkit.contracts.messages.document import Channel, is_json
from erp_testkit.contracts.messages.raw_http import sendable
from erp_testkit.contracts.messages.template import FACTS, MESSAGE, NOW, Template
from erp_testkit.contracts.scenes import SCENES
from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.erp.ports import PORTS
from erp_testkit.specs.asyncapi import RECEIVE, SEND

Status = Annotated[int, Field(ge=100, le=599)]
Seconds = Annotated[float, Field(gt=0, le=60)]
Word = Literal["accepted", "refused"]


class _Table(BaseModel):
    """A table of the file, all of whose keys are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SignIn(_Table):
    """How a partner signs in at the ERP: a request whose answer holds a bearer token."""

    path: str = Field(pattern="^/")
    body: Mapping[str, Any]
    """Sent as JSON; ``{user}`` and ``{password}`` are those of the role."""
    token: str = "token"  # noqa: S105  # where it stands, not what it is
    """Name of the token in the answer."""


class End(_Table):
    """The state a document ends in."""

    read: str
    """Port and method that return the document, such as ``outbound.shipment``."""
    field: str
    """Its field, such as ``state``."""
    is_: str = Field(alias="is")
    """What the field then says, and the audit trail as the state after."""

    @property
    def port(self) -> str:
        """Name of the port."""
        return self.read.partition(".")[0]

    def value(self, erp: Any, document: str) -> str:
        """Return what the field of a document says."""
        port, _, method = self.read.partition(".")
        return str(getattr(getattr(getattr(erp, port), method)(document), self.field))


class OldVersion(_Table):
    """The message as it was in a former version of the interface."""

    name: str
    body: Any
    headers: Mapping[str, str] = {}
    is_: Word = Field(alias="is")


class Callback(_Table):
    """What a partner sends into the ERP."""

    scene: str
    body: Any
    """JSON as data, anything else as text, with placeholders."""
    end: End
    role: Role = Role.MANAGER
    """Whose user the partner signs in as."""
    headers: Mapping[str, str] = {}
    deadline_seconds: Seconds = 1.0
    """How soon the message is promised. A late one is handed in after that time."""
    late: Word = "accepted"
    unknown_fields: Word = "accepted"
    follows: str = ""
    """The callback that has to come before, where there is one."""
    other_scene: str
    """Scene of a document the message does not fit."""
    old_versions: tuple[OldVersion, ...] = ()


class Retry(_Table):
    """What the ERP promises for messages its partner does not take at once."""

    attempts: int = Field(ge=1)
    first_wait_seconds: Seconds
    factor: float = Field(default=2.0, ge=1)
    tolerance: float = Field(default=0.1, ge=0, lt=1)
    """Fraction of a wait by which it may be shorter or longer."""
    late_seconds: Seconds = 2.0
    """How much longer still it may be, for a machine under load."""
    retried: tuple[Status, ...] = (503,)
    """Statuses after which it tries again."""
    given_up: tuple[Status, ...] = ()
    """Statuses after which it does not."""
    had_it: tuple[Status, ...] = ()
    """Statuses that say the partner has the message already: as good as taken."""
    alarm: bool = True
    """Whether it raises an alarm when it gives up."""

    def waits(self, attempts: int) -> list[float]:
        """Return the seconds between so many attempts."""
        return [self.first_wait_seconds * self.factor**number for number in range(attempts - 1)]


class Effect(_Table):
    """What a message does at the partner, and must do once."""

    path: str = Field(pattern="^/")
    """Where the partner shows it, with placeholders; 404 where it was not done."""
    list_: str = Field(default="", alias="list")
    """Name of a list in the answer; empty where the answer is the effect itself."""
    field: str = ""
    """Field of the list's entries that names the document."""


class Outgoing(_Table):
    """What the ERP sends to a partner."""

    partner: str
    scene: str
    effect: Effect | None = None
    retry: Retry | None = None
    """None takes that of the whole file."""
    signature: str = ""
    """Header with the HMAC-SHA256 of the body, hexadecimal; empty where nothing is signed."""
    in_order: bool = False
    """Whether messages arrive in the order in which they were written."""
    slow_seconds: Seconds = 1.5
    """How long a partner may take that is slow and still in time: where messages keep an order, long enough to write two documents."""


class Settings(_Table):
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

    def retry_of(self, channel: str) -> Retry:
        """Return the retry policy promised for an outgoing channel."""
        retry = self.outgoing[channel].retry or self.retry
        assert retry is not None
        return retry


def load_settings(contract: Path, channels: Mapping[str, Channel]) -> Settings:
    """Read the settings beside a contract; without the file nothing is said but what the contract says itself.

    Raises:
        UsageError: they have mistakes; its text names all of them.
    """
    file = contract.with_suffix(".toml")
    if not file.is_file():
        return Settings()
    try:
        settings = Settings.model_validate(tomllib.loads(read_text(file)))
        problems = list(_problems(settings, channels))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"Failed to read {file}: expected TOML, got {error}.") from error
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors()]
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"Failed to read {file}: expected no mistakes, got {len(problems)}:\n{listed}")
    return settings


def _problem(error: Any) -> str:
    """Put a mistake of the file's form into the kit's words."""
    place = ".".join(map(str, error["loc"])).removesuffix(".[key]")
    if error["type"] == "extra_forbidden":
        return (
            f"{place}: expected a key the kit knows, got '{error['loc'][-1]}'. {closest(str(error['loc'][-1]), _keys(error['loc'][:-1]))}"
        )
    if error["type"] == "missing":
        return f"{place}: expected a value, got none."
    if error["type"] in ("enum", "literal_error"):
        return f"{place}: expected {error['ctx']['expected']}, got {error['input']!r}."
    if error["type"] == "string_pattern_mismatch":
        return f"{place}: expected a path that begins with /, got {error['input']!r}."
    return f"{place}: {error['msg'].replace('Input should be', 'expected', 1)}, got {error['input']!r}."


def _keys(place: tuple[Any, ...]) -> list[str]:
    """Return the keys of the table at a place."""
    kind: Any = Settings
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = next(field for name, field in kind.model_fields.items() if part in (name, field.alias))
            kind = field.annotation
            continue
        # The name of a channel, or the position in a list.
        kind = next(of for of in get_args(kind) if isinstance(of, type) and issubclass(of, BaseModel))
    kind = next((of for of in get_args(kind) if isinstance(of, type) and issubclass(of, BaseModel)), kind)
    return [field.alias or name for name, field in kind.model_fields.items()]


def _problems(settings: Settings, channels: Mapping[str, Channel]) -> Iterator[str]:
    """Name what does not fit together, or to the contract."""
    retries = {"retry": settings.retry, **{f"outgoing.{name}.retry": one.retry for name, one in settings.outgoing.items()}}
    for place, retry in retries.items():
        if retry and not retry.retried:
            yield f"{place}.retried: expected at least one status, got none."
    for name, callback in settings.callbacks.items():
        yield from _of_channel(f"callbacks.{name}", name, RECEIVE, channels)
        if name in channels and channels[name].forms:
            yield from _of_callback(f"callbacks.{name}", callback, settings, channels[name].forms[0].content_type)
    for name, outgoing in settings.outgoing.items():
        place = f"outgoing.{name}"
        yield from _of_channel(place, name, SEND, channels)
        yield from _of_scene(f"{place}.scene", outgoing.scene)
        if outgoing.retry is None and settings.retry is None:
            yield f"{place}.retry: expected a retry policy here or for the whole file, got none."
        if outgoing.effect:
            yield from _of_body(f"{place}.effect.path", Template(outgoing.effect.path, "text/plain"), [outgoing.scene], frozenset())
            if bool(outgoing.effect.list_) != bool(outgoing.effect.field):
                yield f"{place}.effect: expected list and field together, got only one of them."


def _of_channel(place: str, name: str, action: str, channels: Mapping[str, Channel]) -> Iterator[str]:
    if name not in channels:
        yield f"{place}: expected a channel of the contract, got '{name}'. {closest(name, channels)}"
    elif action not in channels[name].actions:
        got = ", ".join(sorted(channels[name].actions)) or "none"
        yield f"{place}: expected a channel with an operation of action '{action}', got {got}."
    elif not channels[name].forms:
        yield f"{place}: expected a channel with a message, got none."
    elif not channels[name].address.startswith("/"):
        yield f"{place}: expected a channel whose address is a path such as '/shipments', got '{channels[name].address}'."
    elif "{" in channels[name].address:
        yield f"{place}: expected a channel whose address has no parameters, for nothing fills them in, got '{channels[name].address}'."


def _of_scene(place: str, name: str) -> Iterator[str]:
    if name not in SCENES:
        yield f"{place}: expected a scene, got '{name}'. {closest(name, SCENES)}"


def _of_callback(place: str, callback: Callback, settings: Settings, content_type: str) -> Iterator[str]:
    yield from _of_scene(f"{place}.scene", callback.scene)
    yield from _of_scene(f"{place}.other_scene", callback.other_scene)
    yield from _of_end(f"{place}.end", callback.end)
    former = settings.callbacks.get(callback.follows)
    if callback.follows and former is None:
        yield f"{place}.follows: expected another callback, got '{callback.follows}'. {closest(callback.follows, settings.callbacks)}"
    # It is written in the scene of the callback before it, too.
    scenes = [callback.scene] if former is None else [callback.scene, former.scene]
    old_headers = {f"old_versions.{index}.headers": old.headers for index, old in enumerate(callback.old_versions)}
    for key, said in {"headers": callback.headers, **old_headers}.items():
        for name, value in said.items():
            if not sendable(name, value):
                yield f"{place}.{key}: expected headers of Latin-1 characters on one line, got {name!r} with {value!r}."
    bodies = {"body": callback.body, **{f"old_versions.{index}.body": old.body for index, old in enumerate(callback.old_versions)}}
    for key, body in bodies.items():
        if isinstance(body, str) == is_json(content_type):
            yield f"{place}.{key}: expected {'data' if is_json(content_type) else 'text'} for a body of {content_type}, got {body!r}."
        else:
            yield from _of_body(f"{place}.{key}", Template(body, content_type), scenes, frozenset({MESSAGE, NOW}))


def _of_body(place: str, template: Template, scenes: Sequence[str], more: frozenset[str]) -> Iterator[str]:
    for scene in dict.fromkeys(scenes):
        known = FACTS.get(scene, FACTS["shipped shipment"]) | more
        for name in sorted(template.names() - known):
            yield f"{place}: expected what is known after the scene '{scene}', got '{{{name}}}'. {closest(name, known)}"


def _of_end(place: str, end: End) -> Iterator[str]:
    port, _, method = end.read.partition(".")
    if port not in PORTS:
        yield f"{place}.read: expected a port and its method, got '{end.read}'. {closest(port, PORTS)}"
        return
    reading = [name for name, function in vars(PORTS[port]).items() if hasattr(function, "__reads__")]
    if method not in reading:
        yield f"{place}.read: expected a reading method of port {port}, got '{method}'. {closest(method, reading)}"
        return
    fields = getattr(get_type_hints(getattr(PORTS[port], method))["return"], "__dataclass_fields__", {})
    if end.field not in fields:
        yield f"{place}.field: expected a field of what {end.read} returns, got '{end.field}'. {closest(end.field, fields)}"
