"""What a partner does wrong when it sends into the ERP, each as a story with the right end: the message is applied exactly once."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from types import MappingProxyType

from erp_testkit.contracts.messages.callbacks import Letter, Postman
from erp_testkit.contracts.messages.document import Channel, Form, is_json
from erp_testkit.contracts.messages.settings import OldVersion

SLOW_SECONDS = 0.4
"""Over what time the body of a slow message is dribbled."""

FAILED_CALLS = 3
"""How many calls fail before one succeeds."""

AT_ONCE = 3
"""How often a message comes at the same moment."""

AFTERMATH_SECONDS = 0.1
"""How long to wait after a cut: an ERP that takes what was cut off does so when nobody listens any more, so nothing tells."""


def sent_twice(post: Postman) -> None:
    """The same message is sent a second time."""
    letter = post.letter(post.scene())
    post.must_accept(post.send(letter), letter)
    post.must_accept(post.send(letter), letter, "the second time")
    post.must_be_applied(letter)


def ack_lost(post: Postman) -> None:
    """The connection breaks after the ERP is done and before its answer is read; the partner sends again."""
    letter = post.letter(post.scene())
    post.send_and_vanish(letter)
    post.must_accept(post.send(letter), letter, "again after a lost answer")
    post.must_be_applied(letter)


def out_of_order(post: Postman) -> None:
    """Messages of two documents come in the wrong order."""
    older, newer = post.letter(post.scene()), post.letter(post.scene())
    for letter, which in ((newer, "the newer one first"), (older, "the older one last")):
        post.must_accept(post.send(letter), letter, which)
    post.must_be_applied(newer)
    post.must_be_applied(older)


def before_its_turn(post: Postman, former: Channel) -> None:
    """A message comes before the one it builds on; where it is refused, the partner sends it again afterwards."""
    predecessor = post.beside(former)
    scene = post.scene(predecessor.callback.scene)
    due = predecessor.letter(scene)
    letter = post.letter(scene)
    before = post.state(letter.document)
    answer = post.send(letter)
    if not answer.accepted:
        post.must_refuse(answer, letter, "too early")
    post.must_be_unchanged(letter, before)
    predecessor.must_accept(predecessor.send(due), due, "after its successor")
    predecessor.must_be_applied(due)
    if not answer.accepted:
        post.must_accept(post.send(letter), letter, "in its turn")
    post.must_be_applied(letter)


def late(post: Postman) -> None:
    """A message comes after the deadline."""
    letter = post.letter(post.scene())
    time.sleep(post.callback.deadline_seconds)
    before = post.state(letter.document)
    answer = post.send(letter)
    if post.callback.late == "accepted":
        post.must_accept(answer, letter)
        post.must_be_applied(letter)
    else:
        post.must_refuse(answer, letter)
        post.must_be_unchanged(letter, before)


def malformed(post: Postman) -> None:
    """A message has no form, half a form, or lacks what it needs; then it comes as it should."""
    letter = post.letter(post.scene())
    before = post.state(letter.document)
    for what, body in _malformed(post.form, letter.call.body.decode()):
        post.must_refuse(post.send(letter.with_body(body)), letter.with_body(body), what)
        post.must_be_unchanged(letter.with_body(body), before)
    _then_rightly(post, letter)


def unknown_fields(post: Postman) -> None:
    """A message has a field more than the contract knows."""
    letter = post.letter(post.scene())
    before = post.state(letter.document)
    longer = letter.with_body(_with_unknown_field(post.form, letter.call.body.decode()).encode())
    answer = post.send(longer)
    if post.callback.unknown_fields == "accepted":
        post.must_accept(answer, longer)
        post.must_be_applied(longer)
    else:
        post.must_refuse(answer, longer)
        post.must_be_unchanged(longer, before)
        _then_rightly(post, letter)


def another_document(post: Postman) -> None:
    """A well-formed message refers to the wrong document, or reuses another message's id."""
    scene, other = post.scene(), post.scene(post.callback.other_scene)
    right, wrong = post.letter(scene), post.letter(scene, instead=other.document)
    before = post.state(right.document), post.state(wrong.document)
    post.must_refuse(post.send(wrong), wrong)
    post.must_be_unchanged(wrong, before[1])
    post.must_be_unchanged(right, before[0])
    _then_rightly(post, right)
    taken = post.letter(post.scene(), number=right.number)
    before_it = post.state(taken.document)
    post.must_refuse(post.send(taken), taken, "under a number that is taken")
    post.must_be_unchanged(taken, before_it)


def fails_first(post: Postman) -> None:
    """The first calls fail on the way there or back, as the partner sees it; then one succeeds."""
    letter = post.letter(post.scene())
    post.send_part(letter, 0, politely=False)
    for _ in range(FAILED_CALLS - 1):
        post.send_and_vanish(letter)
    post.must_accept(post.send(letter), letter, f"after {FAILED_CALLS} calls that failed")
    post.must_be_applied(letter)


def slow(post: Postman) -> None:
    """The body comes in pieces, with pauses."""
    letter = post.letter(post.scene())
    post.must_accept(post.send(letter, seconds=SLOW_SECONDS), letter)
    post.must_be_applied(letter)


def cut_off(post: Postman) -> None:
    """The connection ends in the middle of the body, or just before its end; then the whole message comes."""
    letter = post.letter(post.scene())
    before = post.state(letter.document)
    for length, politely in ((len(letter.call.body) // 2, False), (len(letter.call.body) - 1, True)):
        post.send_part(letter, length, politely=politely)
        time.sleep(AFTERMATH_SECONDS)
        post.must_be_unchanged(letter, before)
    _then_rightly(post, letter)


def at_once(post: Postman) -> None:
    """The same message comes several times at the same moment; whoever is told to wait sends again."""
    letter = post.letter(post.scene())
    barrier = Barrier(AT_ONCE)

    def send(_: int) -> None:
        barrier.wait()
        answer = post.send(letter)
        if not answer.refused:
            post.must_accept(answer, letter)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(send, range(AT_ONCE)))
    post.must_accept(post.send(letter), letter, "afterwards")
    post.must_be_applied(letter)


def old_version(post: Postman, version: OldVersion) -> None:
    """The message comes as a former version of the interface had it."""
    scene = post.scene()
    letter, old = post.letter(scene), post.letter(scene, body=version.body, headers=version.headers)
    before = post.state(letter.document)
    answer = post.send(old)
    if version.is_ == "accepted":
        post.must_accept(answer, old)
        post.must_be_applied(old)
    else:
        post.must_refuse(answer, old)
        post.must_be_unchanged(old, before)
        _then_rightly(post, letter)


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """One thing a partner does wrong."""

    title: str
    play: Callable[[Postman], None]


MISBEHAVIOURS: Mapping[str, Misbehaviour] = MappingProxyType(
    {
        "sent twice": Misbehaviour("A message sent twice is applied once", sent_twice),
        "ack lost": Misbehaviour("A message sent again after a lost answer is applied once", ack_lost),
        "out of order": Misbehaviour("Messages in the wrong order are applied once each", out_of_order),
        "late": Misbehaviour("A message after the deadline is treated as promised", late),
        "malformed": Misbehaviour("A malformed message changes nothing", malformed),
        "unknown fields": Misbehaviour("A message with unknown fields is treated as promised", unknown_fields),
        "another document": Misbehaviour("A message for another document changes nothing", another_document),
        "fails first": Misbehaviour("A message is applied once when its first calls fail", fails_first),
        "slow": Misbehaviour("A message that comes slowly is applied once", slow),
        "cut off": Misbehaviour("A message that is cut off changes nothing", cut_off),
        "at once": Misbehaviour("A message that comes several times at once is applied once", at_once),
    }
)
"""By the name of the check. Beside them, ``before its turn`` where a callback follows another, and one check for each old version."""


def _then_rightly(post: Postman, letter: Letter) -> None:
    post.must_accept(post.send(letter), letter, "then rightly")
    post.must_be_applied(letter)


def _malformed(form: Form, text: str) -> Iterator[tuple[str, bytes]]:
    """Yield bodies that break the message's form, with what is wrong with each."""
    yield "empty", b""
    yield "half of it", text[: len(text) // 2].encode()
    yield "no text", b"\xff\xfe\x00" + text.encode()[:20]
    if is_json(form.content_type):
        data = json.loads(text)
        candidates = {"an empty list": [], **{f"without {key}": _without(data, key) for key in data}}
        candidates |= {f"{key} of another kind": {**data, key: {"not": "this"}} for key in data}
        for what, candidate in candidates.items():
            if form.body is None or not form.body.is_valid(candidate):
                yield what, json.dumps(candidate).encode()
    elif form.content_type.startswith("text/csv"):
        rows = list(csv.reader(io.StringIO(text)))
        yield "a column short", _csv([row[:-1] for row in rows]).encode()
        yield "without its header", _csv(rows[1:]).encode()


def _without(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    return {name: value for name, value in data.items() if name != key}


def takes_unknown_fields(form: Form) -> bool:
    """Say whether a message has fields one could be added to."""
    return is_json(form.content_type) or form.content_type.startswith("text/csv")


def _with_unknown_field(form: Form, text: str) -> str:
    if is_json(form.content_type):
        return json.dumps({**json.loads(text), "x_unknown": {"of": ["the", "future"]}}, ensure_ascii=False)
    rows = list(csv.reader(io.StringIO(text)))
    return _csv([[*row, "x_unknown" if place == 0 else "future"] for place, row in enumerate(rows)])


def _csv(rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
