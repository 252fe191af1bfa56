"""The checks of a message contract: examples, callbacks, messages to partners, and the backlog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from erp_testkit.contracts.check import Judged, Live
from erp_testkit.contracts.messages.callbacks import Postman
from erp_testkit.contracts.messages.document import Channel, Document
from erp_testkit.contracts.messages.findings import MESSAGES
from erp_testkit.contracts.messages.outgoing import Promise, Watch, is_open, several
from erp_testkit.contracts.messages.settings import Settings
from erp_testkit.contracts.scenes import PORTS
from erp_testkit.domain.findings import Finding, Violated
from erp_testkit.erp.ports import Jobs, port


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleCheck:
    """The examples of a channel fit their schema."""

    id: str
    title: str
    line: int
    channel: Channel
    ports: frozenset[str] = frozenset()
    writes: bool = False

    def run(self, _live: Live) -> Judged:
        """Hold every example against the schema of its message."""
        findings: list[Finding] = []
        counted = 0
        for form in self.channel.forms:
            for example in form.examples:
                counted += 1
                if example.shows_payload:
                    violations = form.violations(example.payload, example.headers)
                else:
                    violations = [] if example.headers is None else form.header_violations(example.headers)
                if violations:
                    where = f"example '{example.name}' of message '{form.name}' (line {example.line})"
                    text = f"Failed to fit {where} into its schema: expected no schema violation, got {len(violations)}:\n"
                    place = f"{form.name} {example.name}"
                    text += "\n".join(f"- {violation}" for violation in violations)
                    findings.append(MESSAGES["example-schema-violation"].found(text, place=place))
        return Judged(findings=findings, counted=counted)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackCheck:
    """A callback is applied exactly once, whatever the partner does."""

    id: str
    title: str
    line: int
    channel: Channel
    settings: Settings
    name: str
    """What the partner does."""
    story: Callable[[Postman], None]
    writes: bool = True

    @property
    def ports(self) -> frozenset[str]:
        """Those of the scenes, of the state the document ends in, and the audit trail."""
        return PORTS | {self.settings.callbacks[self.channel.name].end.port, "audit_trail"}

    def run(self, live: Live) -> Judged:
        """Play the story."""
        post = Postman(live, self.channel, self.settings, self.name)
        findings: Sequence[Finding] = ()
        try:
            self.story(post)
        except Violated as violated:
            findings = violated.findings
        return Judged(findings=findings, items=post.items, counted=post.handed_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a partner does to the messages it gets, and what is promised then."""

    name: str
    title: str
    promise: Promise
    misbehaviour: str = ""
    """Of the partner's stand-in; empty where it behaves."""
    options: Mapping[str, object] = field(default_factory=dict)
    documents: int = 1


_OUTGOING_PORTS = PORTS | {"interfaces", "jobs"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCheck:
    """A message arrives once, whatever the partner does."""

    id: str
    title: str
    line: int
    channel: Channel
    settings: Settings
    trouble: Trouble
    ports: frozenset[str] = _OUTGOING_PORTS
    writes: bool = True

    def run(self, live: Live) -> Judged:
        """Play the scene that makes the ERP send, and watch."""
        trouble = self.trouble
        watch = Watch(live, self.channel, self.settings, trouble.name)
        with watch.connected(trouble.misbehaviour, trouble.options):
            scenes = several(watch.outgoing.scene, live, trouble.documents)
            if trouble.documents > 1:
                watch.hurry(scenes)
            watch.settle(scenes, trouble.promise.attempts)
            attempts = watch.attempts()
        findings: Sequence[Finding] = ()
        try:
            if not trouble.misbehaviour:
                watch.must_fit(scenes[0], attempts)
            if trouble.documents == 1:
                watch.must_keep(trouble.promise, scenes[0], attempts)
            else:
                for scene in scenes:
                    watch.must_keep(trouble.promise, scene, watch.about(scene, attempts))
                if watch.outgoing.in_order:
                    watch.must_be_in_order(scenes, attempts)
        except Violated as violated:
            findings = violated.findings
        # Where a message is given up as promised, the rules would rightly say so: no job and no message may fail.
        items = frozenset().union(*(scene.items for scene in scenes)) if trouble.promise.arrives else frozenset()
        return Judged(findings=findings, items=items, counted=len(attempts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllDownCheck:
    """All partners are down: every message is given up in the end, and somebody is told.

    All at once, for it takes all the waits there are.
    """

    line: int
    document: Document
    settings: Settings
    id: str = "partners down"
    title: str = "Messages to partners that are down are given up as promised, and somebody is told"
    ports: frozenset[str] = _OUTGOING_PORTS
    writes: bool = True

    def run(self, live: Live) -> Judged:
        """Play each scene once, with no partner answering."""
        watches = [Watch(live, self.document.channels[name], self.settings, "partner down") for name in self.settings.outgoing]
        findings: list[Finding] = []
        with ExitStack() as partners:
            for watch in watches:
                options = {"times": 10 * watch.retry.attempts, "status": watch.retry.retried[0]}
                partners.enter_context(watch.connected("fail-first", options))
            names = dict.fromkeys(watch.outgoing.scene for watch in watches)
            scenes = {name: several(name, live, 1)[0] for name in names}
            for watch in watches:
                watch.settle([scenes[watch.outgoing.scene]], watch.retry.attempts)
            for watch in watches:
                scene = scenes[watch.outgoing.scene]
                try:
                    promise = Promise(attempts=watch.retry.attempts, arrives=False)
                    watch.must_keep(promise, scene, watch.about(scene, watch.attempts()))
                except Violated as violated:
                    findings += violated.findings
        return Judged(findings=findings, counted=sum(watch.seen for watch in watches))


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogCheck:
    """No job of the ERP is stuck."""

    line: int
    stuck_seconds: float
    id: str = "jobs stuck"
    title: str = "No job is queued or running for too long"
    ports: frozenset[str] = frozenset({"jobs"})
    writes: bool = False

    def run(self, live: Live) -> Judged:
        """Look at every job that is not done."""
        backlog = port(live.erp, Jobs).backlog()
        latest = datetime.now(UTC) - timedelta(seconds=self.stuck_seconds)
        stuck = [job for job in backlog if is_open(job) and job.queued_at < latest]
        findings: Sequence[Finding] = ()
        if stuck:
            shown = "\n".join(f"- '{job.kind}' of {job.document}: {job.state} since {job.queued_at:%Y-%m-%d %H:%M:%S} UTC" for job in stuck)
            text = f"Failed to work off the backlog: expected no job open for {self.stuck_seconds:g} s, got {len(stuck)}:\n{shown}"
            findings = (MESSAGES["stuck-job"].found(text),)
        return Judged(findings=findings, counted=len(backlog))
