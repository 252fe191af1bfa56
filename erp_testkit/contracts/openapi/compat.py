"""Everything of schemathesis that is not its public API, in one place; pinned by ``tests/test_contracts_openapi_compat.py``.

The engine is driven directly, and not by way of the pytest plugin: there, every operation gets the same node id, and the seed does not
reach the state machine. Two things are private:

- `EngineContext` and `ExecutionPlan`: a plan of our own leaves out the phases that probe the server before each run;
- the events a plan yields, and the recorder in them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.errors import LoaderError, SchemathesisError
from schemathesis.core.failures import CustomFailure, Failure
from schemathesis.core.result import Ok
from schemathesis.engine import events
from schemathesis.engine.context import EngineContext
from schemathesis.engine.core import ExecutionPlan
from schemathesis.engine.errors import ServerUnavailable
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.engine.run import Phase, PhaseName
from schemathesis.generation.value import GeneratedValue

from erp_testkit.contracts.openapi.client import Sent

# Now and then a drawn value is looked up by its hash, and schemathesis' wrapper of values has none: the whole run would end there.
GeneratedValue.__hash__ = object.__hash__  # type: ignore[method-assign]  # a data class with slots, told to be like any object

Judge = Callable[[str, Sent], str | None]
"""What judges an answer by a check of the kit: the check's name and the request to what is wrong, None where nothing is."""

Headers = Callable[[str, MutableMapping[str, str]], None]
"""Makes the headers of a request to a url ready to be sent."""

_JUDGE = "_erp_testkit_judge"
"""Attribute of a schema in use that holds what judges: schemas are the same object for all their cases, and cannot be keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A request whose answer a check does not accept."""

    check: str
    """Name of the check's function."""
    message: str
    sent: Sent
    before: tuple[Sent, ...] = ()
    """Requests of the same chain that went before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A phase of one operation, or one chain of requests."""

    phase: str
    sent: tuple[Sent, ...]
    failed: tuple[Failed, ...]


class EngineError(Exception):
    """The engine could not go on; `unreachable` says that the system did not answer."""

    def __init__(self, text: str, *, unreachable: bool) -> None:
        super().__init__(text)
        self.unreachable = unreachable


def mistakes(raw: dict[str, Any]) -> list[str]:
    """Return why requests cannot be made of a description; breaking OpenAPI's own rules alone, as many real ones do, is none."""
    try:
        found = list(schemathesis.openapi.from_dict(raw, config=SchemathesisConfig()).get_all_operations())
    except (LoaderError, SchemathesisError) as error:
        return [f"expected OpenAPI, got {error}"]
    wrong = (result.err() for result in found if not isinstance(result, Ok))
    return [f"{(error.method or '').upper()} {error.path}: expected an operation, got {error}" for error in wrong]


def schema_of(raw: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """Return a description with the configuration of a run, in the words of ``schemathesis.toml``."""
    return schemathesis.openapi.from_dict(dict(raw), config=SchemathesisConfig.from_dict(dict(config)))


def run(schema: Any, phases: Collection[str], judge: Judge | None = None, headers: Headers | None = None) -> Iterator[Scenario]:
    """Run phases over all operations of a schema; `headers` may change the those of every request, and `judge` looks at every answer.

    Raises:
        EngineError: the system does not answer, requests cannot be made from the schema, or a check of the engine stumbles over itself.
    """
    plan = ExecutionPlan([Phase(name) for name in PhaseName if name.value in phases])
    if judge is not None:
        setattr(schema, _JUDGE, _Judging(judge))
    for event in plan.execute(_Context(schema, headers)):
        if isinstance(event, events.ScenarioFinished):
            yield _scenario(event)
        elif isinstance(event, events.NonFatalError):
            unreachable = isinstance(event.value, requests.RequestException | ServerUnavailable)
            raise EngineError(_text(event), unreachable=unreachable) from event.value
        elif isinstance(event, events.Interrupted):
            raise KeyboardInterrupt


def judged(check: str, response: Any, case: Any) -> str | None:
    """Let the judge of a case's schema look at an answer; None where nobody judges."""
    judging: _Judging | None = getattr(case.operation.schema, _JUDGE, None)
    return None if judging is None else judging(check, response, case)


class _Context(EngineContext):
    """The engine's, whose requests are made ready before they are sent; each of its threads has a session."""

    def __init__(self, schema: Any, headers: Headers | None) -> None:
        super().__init__(schema=schema, stop_event=threading.Event())
        self._headers = headers

    def get_session(self, *, operation: Any = None) -> requests.Session:
        session = super().get_session(operation=operation)
        if self._headers is not None:
            # What is called a session's auth sees each request as it is about to go.
            session.auth = self._changed
        return session

    def _changed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        assert self._headers is not None
        self._headers(request.url or "", request.headers)
        return request


class _Judging:
    """Shows all checks of an answer the same request: making and reading it anew for each would take longer than judging it."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._response: Any = None

    def __call__(self, check: str, response: Any, case: Any) -> str | None:
        if response is not self._response:
            self._response, self._sent = response, _sent(case, response.request, response)
        return self._judge(check, self._sent)


def _text(event: events.NonFatalError) -> str:
    return " ".join(f"{event.info.title}: {event.info.message}".split())


def _scenario(event: events.ScenarioFinished) -> Scenario:
    recorder = event.recorder
    sent = {
        case_id: _sent(recorder.cases[case_id].value, interaction.request, interaction.response, interaction.timestamp)
        for case_id, interaction in recorder.interactions.items()
        if case_id in recorder.cases
    }
    failed = tuple(
        Failed(
            check=node.name,
            message=_of_the_answer(node.name, node.failure_info.failure),
            sent=sent[case_id],
            before=_before(recorder, case_id, sent),
        )
        for case_id, nodes in recorder.checks.items()
        for node in nodes
        if node.failure_info is not None and case_id in sent
    )
    return Scenario(phase=event.phase.value, sent=tuple(sent.values()), failed=failed)


def _of_the_answer(check: str, failure: Failure) -> str:
    """Return what a check says of an answer.

    Raises:
        EngineError: one of the engine's own checks stumbled over itself: it tells of answers by failures of their own kinds.
    """
    if type(failure) is CustomFailure and CHECKS.get_one(check).__module__.startswith("schemathesis."):
        text = f"check {check} of schemathesis {schemathesis.__version__} stumbles over {failure.operation}: {failure.message}"
        raise EngineError(" ".join(text.split()), unreachable=False)
    return failure.message


def _before(recorder: ScenarioRecorder, case_id: str, sent: Mapping[str, Sent]) -> tuple[Sent, ...]:
    chain = [case.id for case in recorder.iter_chain_cases(case_id=case_id)]
    return tuple(sent[one] for one in chain if one != case_id and one in sent)


def _sent(case: Any, request: Any, response: Any, at: float | None = None) -> Sent:
    body = request.body or b""
    url = getattr(request, "uri", None) or request.url
    headers = {name.lower(): value[0] if isinstance(value, list) else value for name, value in request.headers.items()}
    return Sent(
        operation=case.operation.label,
        method=request.method,
        url=url,
        headers={name: value.decode("latin-1") if isinstance(value, bytes) else str(value) for name, value in headers.items()},
        body=body.encode() if isinstance(body, str) else body,
        path=_path_of(case.path, url),
        at=datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC),
        seconds=0.0 if response is None else response.elapsed,
        status=None if response is None else response.status_code,
        answer_headers={} if response is None else {name: values[0] for name, values in response.headers.items()},
        answer="" if response is None else response.content.decode(response.encoding or "utf-8", errors="replace"),
    )


def _path_of(template: str, url: str) -> dict[str, str]:
    """Return the values of a path's parameters as they were sent; those a case holds are quoted or not, as they were made."""
    parts = (f"(?P<p{i // 2}>[^/]*)" if i % 2 else re.escape(part) for i, part in enumerate(re.split(r"\{([^}]+)\}", template)))
    found = re.search("".join(parts) + "$", urlsplit(url).path)
    names = re.findall(r"\{([^}]+)\}", template)
    return {name: unquote(found[f"p{i}"]) for i, name in enumerate(names)} if found else {}
