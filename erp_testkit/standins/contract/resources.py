"""Answers that fit a contract and remember: what was created can be read, listed, changed and removed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

from starlette.responses import Response

from erp_testkit.standins.contract.answers import Answers
from erp_testkit.standins.contract.app import Handler
from erp_testkit.standins.contract.document import Operation, variables
from erp_testkit.standins.contract.paths import Places, Role
from erp_testkit.standins.contract.requests import Call, Rejected
from erp_testkit.standins.contract.samples import Unfillable

Facts = dict[str, Any]
_TRIES = 20


class Resources:
    """Resources by the path of their collection and their key.

    Args:
        places: what the contract's paths mean.
        answers: makes the answers.
    """

    def __init__(self, places: Places, answers: Answers) -> None:
        self._places = places
        self._answers = answers
        self._kept: defaultdict[str, dict[str, Facts]] = defaultdict(dict)
        # What was removed leaves its number unused: nobody finds another document under a number he remembers.
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))

    def handler(self, operation: Operation) -> Handler:
        """Return what does an operation."""
        action = {
            Role.CREATE: self._create,
            Role.LIST: self._list,
            Role.READ: self._read,
            Role.CHANGE: self._change,
            Role.REMOVE: self._remove,
            Role.OTHER: self._other,
        }[self._places.role(operation)]

        def handle(call: Call) -> Response:
            try:
                self._check_there(call)
                return action(call)
            except Unfillable as error:
                raise Rejected(501, f"Failed to make up an answer: {error}") from error

        return handle

    def _create(self, call: Call) -> Response:
        collection, given = _joined(call.segments), _facts(call.content)
        parameter = self._places.key_of(call.operation)
        for number in islice(self._numbers[collection], _TRIES):
            content, name = self._numbered(call, parameter, f"{collection} {number}", number)
            key = str(content[name] if name else number)
            if key not in self._kept[collection]:
                self._kept[collection][key] = given | _facts(content)
                return self._answers.respond(call.operation, content, f"/{collection}/{self._places.name(call.operation, key)}")
            if name in given:
                raise Rejected(409, f"/{collection}/{key} is there already.")
        raise Unfillable(f"expected a key for each of /{collection}, found no other in {_TRIES} tries")

    def _numbered(self, call: Call, parameter: str, about: str, number: int) -> tuple[Any, str]:
        """Return a new resource's content, with a counted key where the contract takes one, and the name of its key."""
        known = call.path | _facts(call.content)
        content = self._answers.make(call.operation, known, about)
        name = self._answers.key_name(call.operation, parameter, content)
        if name and name not in _facts(call.content):
            counted = (self._answers.make(call.operation, known | {name: key}, about) for key in (number, str(number)))
            content = next((one for one in counted if str(one[name]) == str(number)), content)
        return content, name

    def _list(self, call: Call) -> Response:
        entries = list(self._kept[_joined(call.segments)].values())
        return self._answers.respond(call.operation, self._answers.listing(call, entries))

    def _read(self, call: Call) -> Response:
        facts = self._kept[_joined(call.segments[:-1])].setdefault(str(call.segments[-1]), {})
        content = self._answers.make(call.operation, call.path | facts, _joined(call.segments))
        # What was made up for it now is remembered too.
        facts |= _facts(content) | facts
        return self._answers.respond(call.operation, content)

    def _change(self, call: Call) -> Response:
        facts = self._kept[_joined(call.segments[:-1])].setdefault(str(call.segments[-1]), {})
        parameter = variables(call.operation.segments[-1])[0]
        name = self._answers.key_name(call.operation, parameter, facts)
        facts |= {key: value for key, value in _facts(call.content).items() if key != name}
        content = self._answers.make(call.operation, call.path | facts, _joined(call.segments))
        return self._answers.respond(call.operation, content)

    def _remove(self, call: Call) -> Response:
        path = _joined(call.segments)
        self._kept[_joined(call.segments[:-1])].pop(str(call.segments[-1]), None)
        for collection in [known for known in self._kept if known.startswith(f"{path}/")]:
            del self._kept[collection]
        return self._answers.respond(call.operation, self._answers.make(call.operation, call.path, path))

    def _other(self, call: Call) -> Response:
        known = call.path | self._innermost(call) | _facts(call.content)
        return self._answers.respond(call.operation, self._answers.make(call.operation, known, _joined(call.segments)))

    def _check_there(self, call: Call) -> None:
        """Refuse a request below or for a resource that nobody made; a PUT may be what makes it."""
        for length in self._places.resources(call.operation):
            makes = length == len(call.segments) and call.operation.method == "PUT" and "201" in call.operation.responses
            if not makes and str(call.segments[length - 1]) not in self._kept[_joined(call.segments[: length - 1])]:
                raise Rejected(404, f"There is nothing at /{_joined(call.segments[:length])}.")

    def _innermost(self, call: Call) -> Facts:
        """Return what is known of the last resource on the way to an operation."""
        lengths = self._places.resources(call.operation)
        return self._kept[_joined(call.segments[: lengths[-1] - 1])][str(call.segments[lengths[-1] - 1])] if lengths else {}


def _joined(segments: tuple[str, ...]) -> str:
    return "/".join(segments)


def _facts(content: Any) -> Facts:
    return content if isinstance(content, dict) else {}
