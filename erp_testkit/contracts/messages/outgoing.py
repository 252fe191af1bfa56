"""Looking at what the ERP sends while its partner misbehaves."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from erp_testkit.contracts.check import Live
from erp_testkit.contracts.messages.document import Channel
from erp_testkit.contracts.messages.findings import MESSAGES
from erp_testkit.contracts.messages.raw_http import TIMEOUT_SECONDS
from erp_testkit.contracts.messages.settings import Effect, Settings
from erp_testkit.contracts.messages.template import Template
from erp_testkit.contracts.own_codes import OwnCodes
from erp_testkit.contracts.scenes import Scene, play
from erp_testkit.domain.documents import Direction, Job, JobState, Message
from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.domain.findings import Violated
from erp_testkit.erp.ports import Interfaces, Jobs, port
from erp_testkit.standins import local_http
from erp_testkit.standins.partners import Partner, Received
from erp_testkit.standins.waiting import wait_until

SETTLE_SECONDS = 10.0
"""How much longer than promised the ERP may work on its messages before they count as stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What has to come of a message."""

    attempts: int
    arrives: bool = True
    """Whether it counts as sent in the end; else it is given up."""
    effect: bool = True
    """Whether it has its effect at the partner in the end."""


class Watch:
    """Watches one outgoing channel.

    Args:
        live: where ERP and partner stand.
        channel: the channel.
        settings: of the whole contract.
        what: what the partner does wrong, for people to read.
    """

    def __init__(self, live: Live, channel: Channel, settings: Settings, what: str) -> None:
        self.channel = channel
        self.outgoing = settings.outgoing[channel.name]
        self.retry = settings.retry_of(channel.name)
        self.partner: Partner = live.partner(self.outgoing.partner)
        self.seen = 0
        self._what, self._erp = what, live.erp
        self._before = len(self.partner.received())

    @contextmanager
    def connected(self, misbehaviour: str = "", options: Mapping[str, object] | None = None) -> Iterator[None]:
        """Have the channel's messages sent to the partner, which misbehaves; afterwards it behaves, and nothing is sent to it."""
        interfaces = port(self._erp, Interfaces)
        interfaces.connect(self.channel.name, self.partner.address.rstrip("/") + self.channel.address, self.partner.secret)
        try:
            if misbehaviour:
                self.partner.misbehave(misbehaviour, **(options or {}))
            yield
        finally:
            self.partner.behave()
            interfaces.disconnect(self.channel.name)

    def hurry(self, scenes: Sequence[Scene]) -> None:
        """Have a slow partner answer once the messages of all documents are written, so that they wait for each other till then."""
        wait_until(lambda: all(map(self._numbers, scenes)), self.outgoing.slow_seconds)
        self.partner.behave()

    def settle(self, scenes: Sequence[Scene], attempts: int) -> None:
        """Wait until the ERP has ended its work on the scenes' documents, as long as so many attempts may take."""
        waits = self.retry.waits(attempts)
        items = frozenset().union(*(scene.items for scene in scenes))
        port(self._erp, Jobs).settle(items, sum(waits) + len(waits) * self.retry.late_seconds + SETTLE_SECONDS)

    def attempts(self) -> Sequence[Received]:
        """Return what the partner received on this channel since the watch began, oldest first."""
        path = urlsplit(self.partner.url.rstrip("/") + self.channel.address).path
        ours = [one for one in self.partner.received()[self._before :] if one.path in (path, self.channel.address)]
        self.seen = len(ours)
        return ours

    def must_keep(self, promise: Promise, scene: Scene, attempts: Sequence[Received]) -> None:
        """Say so where what happened to the message about a document is not what was promised."""
        if not attempts:
            raise self._violated("message-missing", scene, "a message at the partner", "none")
        self._sent_alike(scene, attempts)
        self._as_often(promise, scene, attempts)
        self._in_time(scene, attempts)
        self._work_ended(promise, scene)
        if promise.arrives and promise.effect and self.outgoing.effect:
            done = self._effects(self.outgoing.effect, scene)
            if done != 1:
                raise self._violated(
                    "duplicate-effect" if done else "effect-missing", scene, f"one effect of it at {self.partner.name}", done
                )
        if not promise.arrives:
            self._told(scene)

    def must_fit(self, scene: Scene, attempts: Sequence[Received]) -> None:
        """Say so where a message does not fit its schema."""
        for one in attempts:
            violations = self.channel.violations(one.body, one.headers)
            if violations:
                shown = "\n".join(f"- {violation}" for violation in violations)
                raise self._violated(
                    "message-schema-violation", scene, "no schema violation", f"{len(violations)}:\n{shown}\nBody: {one.body}"
                )

    def must_be_in_order(self, scenes: Sequence[Scene], attempts: Sequence[Received]) -> None:
        """Say so where messages came in another order than their documents were written in."""
        numbers = {number: scene.document for scene in scenes for number in self._numbers(scene)}
        came = list(dict.fromkeys(numbers[one.message] for one in attempts if one.message in numbers))
        if came != (written := [scene.document for scene in scenes]):
            raise self._violated("message-disordered", scenes[0], f"messages in the order {', '.join(written)}", ", ".join(came))

    def about(self, scene: Scene, attempts: Sequence[Received]) -> Sequence[Received]:
        """Return those of several documents' attempts that carry a number of this document."""
        numbers = self._numbers(scene)
        return [one for one in attempts if one.message in numbers]

    def _sent_alike(self, scene: Scene, attempts: Sequence[Received]) -> None:
        known = self._numbers(scene)
        for position, one in enumerate(attempts, start=1):
            which = f"attempt {position} to carry "
            if one.message not in known:
                raise self._violated(
                    "wrong-message-number", scene, f"{which}{' or '.join(known) or 'a number the ERP knows'}", one.message or "none"
                )
            if one.body != attempts[0].body:
                raise self._violated("retry-changed", scene, f"{which}the body of the first, {attempts[0].body!r}", repr(one.body))
            if self.outgoing.signature:
                signed = hmac.new(self.partner.secret.encode(), one.body.encode(), "sha256").hexdigest()
                got = one.headers.get(self.outgoing.signature.lower(), "none")
                if got != signed:
                    raise self._violated("signature-wrong", scene, f"{which}the HMAC-SHA256 of its body in {self.outgoing.signature}", got)

    def _as_often(self, promise: Promise, scene: Scene, attempts: Sequence[Received]) -> None:
        if len(attempts) != promise.attempts:
            kind = "retry-missing" if len(attempts) < promise.attempts else "retry-too-often"
            answers = ", ".join(str(one.status or "cut") for one in attempts)
            raise self._violated(kind, scene, f"{promise.attempts} attempts", f"{len(attempts)}, answered {answers}")

    def _in_time(self, scene: Scene, attempts: Sequence[Received]) -> None:
        for position, wait in enumerate(self.retry.waits(len(attempts)), start=1):
            waited = (attempts[position].at - attempts[position - 1].at).total_seconds()
            least, most = wait * (1 - self.retry.tolerance), wait * (1 + self.retry.tolerance) + self.retry.late_seconds
            if not least <= waited <= most:
                kind = "retry-too-fast" if waited < least else "retry-too-slow"
                raise self._violated(
                    kind, scene, f"{least:.2f} to {most:.2f} s between attempts {position} and {position + 1}", f"{waited:.2f} s"
                )

    def _work_ended(self, promise: Promise, scene: Scene) -> None:
        jobs = port(self._erp, Jobs)
        open_jobs = [job for job in (*jobs.jobs(scene.document), *jobs.backlog()) if job.document == scene.document and is_open(job)]
        if open_jobs:
            raise self._violated("stuck-job", scene, "its jobs done or failed", f"'{open_jobs[0].kind}' {open_jobs[0].state}")
        failed = [job for job in jobs.jobs(scene.document) if job.state is JobState.FAILED]
        states = {one.state for one in port(self._erp, Interfaces).messages(scene.document) if self._is_ours(one)}
        if promise.arrives and (failed or states != {"sent"}):
            raise self._violated(
                "failure-false", scene, "no failed job and the message sent", f"{len(failed)} failed, message {_list(states)}"
            )
        if not promise.arrives and (not failed or states != {"failed"}):
            raise self._violated(
                "failure-hidden", scene, "a failed job and the message failed", f"{len(failed)} failed, message {_list(states)}"
            )

    def _told(self, scene: Scene) -> None:
        alarms = [alarm for alarm in port(self._erp, Interfaces).alarms(scene.document) if alarm.channel == self.channel.name]
        if self.retry.alarm and not alarms:
            raise self._violated("alarm-missing", scene, "an alarm of this channel", "none")

    def _effects(self, effect: Effect, scene: Scene) -> int:
        path = Template(effect.path, "text/plain").render({name: quote(str(value), safe="") for name, value in scene.facts.items()})
        url = self.partner.url.rstrip("/") + path
        headers = {"Authorization": f"Bearer {self.partner.token}"} if self.partner.token else {}
        try:
            answer = local_http.request("GET", url, headers=headers, seconds=TIMEOUT_SECONDS)
            if answer.status_code == 404:
                return 0
            if not answer.is_success:
                raise ConnectionError(f"status {answer.status_code}")
            if not effect.list_:
                return 1
            return sum(entry[effect.field] == scene.document for entry in answer.json()[effect.list_])
        except (ConnectionError, json.JSONDecodeError, LookupError, TypeError) as error:
            text = f"Failed to read {url}: expected what the message did at {self.partner.name}, got {type(error).__name__}: {error}."
            raise EnvironmentFailure(text) from error

    def _numbers(self, scene: Scene) -> Sequence[str]:
        return [one.number for one in port(self._erp, Interfaces).messages(scene.document) if self._is_ours(one)]

    def _is_ours(self, message: Message) -> bool:
        return message.channel == self.channel.name and message.direction is Direction.OUT

    def _violated(self, kind: str, scene: Scene, expected: str, got: object) -> Violated:
        sent = f"send {self.channel.name} of {scene.document} ({self._what})"
        return Violated(MESSAGES[kind].found(f"Failed to {sent}: expected {expected}, got {got}.", place=self.channel.name))


def several(name: str, live: Live, count: int) -> list[Scene]:
    """Play a scene several times, each with a document of its own."""
    return [play(name, OwnCodes(live, f"{name} {number}")) for number in range(1, count + 1)]


def is_open(job: Job) -> bool:
    """Say whether a job has not ended."""
    return job.state in (JobState.QUEUED, JobState.RUNNING)


def _list(states: set[str]) -> str:
    return ", ".join(sorted(states)) or "unknown"
