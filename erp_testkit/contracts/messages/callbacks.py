"""Playing a partner that sends messages into the ERP, and looking at what became of them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from erp_testkit.contracts.check import Live, System
from erp_testkit.contracts.messages import raw_http
from erp_testkit.contracts.messages.document import Channel, Form
from erp_testkit.contracts.messages.findings import MESSAGES
from erp_testkit.contracts.messages.raw_http import Answer, Call
from erp_testkit.contracts.messages.settings import Callback, Settings
from erp_testkit.contracts.messages.template import MESSAGE, NOW, Template
from erp_testkit.contracts.own_codes import OwnCodes
from erp_testkit.contracts.scenes import Scene, play
from erp_testkit.domain.documents import Direction
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.findings import Violated
from erp_testkit.erp.errors import ErpBroke

SETTLE_SECONDS = 10.0
"""How long the ERP may work on a message in the background."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message, ready to be handed in."""

    number: str
    document: str
    call: Call

    def with_body(self, body: bytes) -> Letter:
        """Return the same message with another body."""
        return replace(self, call=replace(self.call, body=body))


class Postman:
    """Hands in messages of one callback and says what is wrong with what follows.

    Args:
        live: where the ERP stands.
        channel: the callback's channel.
        settings: of the whole contract.
        what: what the partner does wrong, for people to read.
    """

    def __init__(self, live: Live, channel: Channel, settings: Settings, what: str) -> None:
        self.channel = channel
        self.callback: Callback = settings.callbacks[channel.name]
        self.items: frozenset[str] = frozenset()
        self.handed_in = 0
        self._live, self._what, self._scenes, self._letters = live, what, 0, 0
        self._settings, self._system = settings, live.system("erp")
        self._headers = {"Authorization": _authorization(self._system, settings, self.callback)}

    def beside(self, channel: Channel) -> Postman:
        """Return one for another callback of the contract."""
        return Postman(self._live, channel, self._settings, self._what)

    @property
    def form(self) -> Form:
        """What the message looks like."""
        return self.channel.forms[0]

    def scene(self, name: str = "") -> Scene:
        """Play a scene with a document of its own; the callback's own scene unless named."""
        self._scenes += 1
        played = play(name or self.callback.scene, OwnCodes(self._live, f"scene {self._scenes}"))
        self.items |= played.items
        return played

    def letter(
        self, scene: Scene, *, number: str = "", instead: str = "", body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Letter:
        """Write a message about the document of a scene.

        Args:
            scene: the scene.
            number: of the message; one of its own unless given.
            instead: another document that is named in its place.
            body: a template other than the callback's.
            headers: headers beside those of the callback.

        Raises:
            UsageError: the callback's template does not fit the message's own schema.
        """
        self._letters += 1
        number = number or self._live.code("message", f"{self.channel.name} {self._letters}")
        named = {path: instead if instead and value == scene.document else value for path, value in scene.facts.items()}
        values = {**named, MESSAGE: number, NOW: datetime.now(UTC)}
        text = Template(self.callback.body if body is None else body, self.form.content_type).render(values)
        if body is None and (violations := self.form.violations(self.form.parse(text))):
            shown = "".join(f"\n- {violation}" for violation in violations)
            raise UsageError(
                f"Failed to write a message of {self.channel.name}: expected the body of the settings to fit its schema:{shown}"
            )
        call = Call(
            method=self.channel.method,
            url=self._system.url.rstrip("/") + self.channel.address,
            headers={"Content-Type": self.form.content_type, **self._headers, **self.callback.headers, **(headers or {})},
            body=text.encode(),
        )
        return Letter(number=number, document=instead or scene.document, call=call)

    def send(self, letter: Letter, *, seconds: float = 0.0) -> Answer:
        """Hand a message in, in one go or dribbled over so many seconds."""
        return self._noted(letter, lambda: raw_http.send(letter.call, seconds=seconds))

    def send_and_vanish(self, letter: Letter) -> None:
        """Hand a message in and be gone when it is done."""
        self._noted(letter, lambda: raw_http.send_and_vanish(letter.call))

    def send_part(self, letter: Letter, length: int, *, politely: bool) -> None:
        """Hand in the first bytes of a message only."""
        self._noted(letter, lambda: raw_http.send_part(letter.call, length, politely=politely))

    def must_accept(self, answer: Answer, letter: Letter, what: str = "") -> None:
        """Say so where a message was not taken."""
        if answer.status is None or answer.status >= 500:
            raise self._violated("callback-server-error", letter, what, "an answer below status 500", answer)
        if not answer.accepted:
            raise self._violated("callback-refused-wrongly", letter, what, "it to be taken (2xx)", answer)

    def must_refuse(self, answer: Answer, letter: Letter, what: str = "") -> None:
        """Say so where a message was taken, or refused with a server error."""
        if answer.accepted:
            raise self._violated("callback-accepted-wrongly", letter, what, "it to be refused (4xx)", answer)
        if not answer.refused:
            raise self._violated("callback-server-error", letter, what, "it to be refused (4xx)", answer)

    def state(self, document: str) -> tuple[str, int]:
        """Return what state a document is in, and how often the audit trail says it came there, once the ERP has come to rest."""
        erp: Any = self._live.erp
        if hasattr(erp, "jobs"):
            erp.jobs.settle(self.items, SETTLE_SECONDS)
        entries = erp.audit_trail.entries(document)
        end = self.callback.end
        return end.value(erp, document), sum(entry.to_state == end.is_ for entry in entries)

    def must_be_applied(self, letter: Letter) -> None:
        """Say so where a message was not applied exactly once."""
        wanted = self.callback.end.is_
        state, times = self.state(letter.document)
        if state != wanted:
            raise self._violated("callback-lost", letter, "", f"{letter.document} to be {wanted} at the end", state)
        if times != 1:
            kind = "callback-applied-twice" if times else "callback-unaudited"
            raise self._violated(kind, letter, "", f"one entry of the audit trail that makes {letter.document} {wanted}", times)
        kept = self._kept(letter)
        if kept > 1:
            raise self._violated("callback-applied-twice", letter, "", f"message {letter.number} to be kept once", f"it {kept} times")

    def must_be_unchanged(self, letter: Letter, before: tuple[str, int]) -> None:
        """Say so where a message that was not taken changed its document."""
        after = self.state(letter.document)
        if after != before:
            raise self._violated("callback-accepted-wrongly", letter, "", f"{letter.document} to stay {before[0]}", after[0])

    def _kept(self, letter: Letter) -> int:
        erp: Any = self._live.erp
        if not hasattr(erp, "interfaces"):
            return 0
        kept = erp.interfaces.messages(letter.document)
        return sum((one.number, one.direction, one.channel) == (letter.number, Direction.IN, self.channel.name) for one in kept)

    def _violated(self, kind: str, letter: Letter, what: str, expected: str, got: object) -> Violated:
        sent = f"hand in {self.channel.name} ({self._what}{', ' + what if what else ''})"
        return Violated(MESSAGES[kind].found(f"Failed to {sent}: expected {expected}, got {got}.\nAgain: {letter.call.curl()}", place=what))

    def _noted(self, letter: Letter, act: Callable[[], Answer | None]) -> Answer:
        self.handed_in += 1
        at, clock = datetime.now(UTC), time.perf_counter()
        answer = Answer(None, "")
        try:
            answer = act() or answer
        except OSError as error:
            raise EnvironmentFailure(
                f"Failed to reach {letter.call.url}: expected an answer, got {error}. Next: erp-testkit doctor"
            ) from error
        finally:
            self._live.on_exchange(
                Exchange(
                    at=at,
                    seconds=time.perf_counter() - clock,
                    role=self.callback.role,
                    method=letter.call.method,
                    target=self.channel.address,
                    request=letter.call.body.decode(errors="replace"),
                    status=answer.status,
                    answer=answer.text,
                )
            )
        return answer


def _authorization(system: System, settings: Settings, callback: Callback) -> str:
    """Sign in and return what is sent as ``Authorization``.

    Raises:
        EnvironmentFailure: there is no such user, or the ERP does not let it in.
    """
    user = system.users.get(callback.role)
    if user is None:
        raise EnvironmentFailure(f"Failed to sign in as {callback.role}: expected a user for this role in the profile, got none.")
    if settings.sign_in is None:
        return "Basic " + base64.b64encode(f"{user.name}:{user.password}".encode()).decode()
    filled = {
        key: value.replace("{user}", user.name).replace("{password}", user.password) if isinstance(value, str) else value
        for key, value in settings.sign_in.body.items()
    }
    url = system.url.rstrip("/") + settings.sign_in.path
    call = Call(method="POST", url=url, headers={"Content-Type": "application/json"}, body=json.dumps(filled).encode())
    failed = f"Failed to sign in at {url} as {user.name}: expected a token"
    try:
        answer = raw_http.send(call)
    except OSError as error:
        raise EnvironmentFailure(f"{failed}, got {error}. Next: erp-testkit doctor") from error
    try:
        return f"Bearer {json.loads(answer.text)[settings.sign_in.token]}"
    except (ValueError, LookupError, TypeError, RecursionError):
        kind = ErpBroke if answer.accepted else EnvironmentFailure
        # What was answered is not shown, and not kept as the error's cause: under another name, it may be a token.
        got = answer if answer.status is None else f"status {answer.status} without it"
        raise kind(f"{failed} under '{settings.sign_in.token}', got {got}.") from None
