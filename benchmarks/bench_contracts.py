"""What the kit's own checks cost: the contract of the reference ERP, compared with the same schemathesis run bare.

    python benchmarks/bench_contracts.py [--repeat N] [--small] [--json FILE]

Both sides run the same engine over the same operations of ``contracts/openapi/erp.yaml``, one after the other in one process, against a
fresh clone of the reference ERP each: the same seed, phases, budget, values and good requests. Both sign in and prepare them, beside the
clock. On the *bare* side schemathesis checks answers with its own checks and nothing else happens. On the *contract*
side the kit's checks look at every answer and send their own requests (repeats, audit trail, reading back, locks, keys, pages), every
request is kept as evidence, coverage is counted, and the items are collected that the rules would run over. The rules themselves are
measured by ``bench_oracle.py``. The two sides take turns; starting the ERP is on neither. Beside the wall time, the time of this process
alone is shown: on a machine that others use too, it says more.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from common import keep, medians, parser

from erp_testkit import shipped
from erp_testkit.contracts.check import System
from erp_testkit.contracts.openapi import compat, generation
from erp_testkit.contracts.openapi.contract import OperationCheck, load
from erp_testkit.contracts.openapi.session import Session
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.standins.reference import ReferenceStandIn
from erp_testkit.standins.standin import Started

CONTRACT = shipped.CONTRACTS / "openapi" / "erp.yaml"
SEED = 1


class Live:
    """The live world of one check, with the recorder a run has."""

    seed = SEED
    erp: Any = None

    def __init__(self, started: Started, node: str) -> None:
        """Start to keep exchanges."""
        self._started = started
        self._codes = CodeMaker(SEED, "bench", node)
        self._recorder = Recorder(Redactor(user.password for user in started.users.values()))
        self._recorder.begin()

    def code(self, kind: str, alias: str) -> str:
        """Return a unique code."""
        return self._codes(kind, alias)

    def system(self, name: str) -> System:
        """Return the ERP."""
        return System(name=name, url=self._started.url, users=self._started.users)

    def partner(self, name: str) -> Any:
        """There is none."""
        raise NotImplementedError(name)

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep an exchange as a run does."""
        self._recorder.on_exchange(exchange)


class Clock:
    """Wall and processor seconds, added up over pieces of work."""

    def __init__(self) -> None:
        """Nothing has been measured."""
        self.seconds = self.cpu = 0.0

    @contextmanager
    def running(self, sign: int = 1) -> Iterator[None]:
        """Add a piece, or take it off with a `sign` of -1."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += sign * (time.perf_counter() - wall)
        self.cpu += sign * (time.process_time() - cpu)


class Bare(Session):
    """A check's work with nothing of the kit in it but the preparation."""

    requests = 0

    def phases(self, raw: Any, phases: Any, *, examples: int, only: Any = None) -> None:  # noqa: ARG002  # nothing is shrunk
        """Run the engine and let go of what it finds."""
        config = generation.configuration(
            self._settings,
            url=self._client.url,
            headers=self._client.headers,
            seed=SEED,
            examples=examples,
            values=self.values,
            among=[label for label, one in self._description.operations.items() if one.path in raw["paths"]],
            keep_going=True,
        )
        schema = compat.schema_of(raw, config)
        plan = compat.ExecutionPlan([compat.Phase(name) for name in compat.PhaseName if name.value in phases])
        for event in plan.execute(compat.EngineContext(schema=schema, stop_event=compat.threading.Event())):
            if isinstance(event, compat.events.ScenarioFinished):
                Bare.requests += len(event.recorder.interactions)


@contextmanager
def erp(state: Path) -> Iterator[Started]:
    """Start a reference ERP on a fresh clone."""
    standin = ReferenceStandIn(state, {})
    try:
        yield standin.start(standin.prepare(), "bench")
    finally:
        standin.stop()
        standin.finish()


def contract_side(state: Path, operations: Sequence[OperationCheck]) -> dict[str, float]:
    """Run every operation's check as a run does, apart from signing in and preparing, which are on neither side."""
    clock, requests, broken = Clock(), 0, 0

    def aside(method: Callable[..., Any]) -> Callable[..., Any]:
        def beside(*given: Any) -> Any:
            with clock.running(-1):
                return method(*given)

        return beside

    beside = {name: aside(getattr(Session, name)) for name in ("__enter__", "prepare")}
    with erp(state) as started, mock.patch.multiple(Session, **beside):
        for check in operations:
            live = Live(started, check.id)
            with clock.running():
                judged = check.run(live)
            requests += judged.counted
            broken += len(judged.findings)
    return {"seconds": clock.seconds, "cpu": clock.cpu, "requests": requests, "broken": broken}


def bare_side(state: Path, operations: Sequence[OperationCheck]) -> dict[str, float]:
    """Run the engine over the same operations."""
    clock = Clock()
    Bare.requests = 0
    with erp(state) as started:
        for check in operations:
            described, operation = check._described, check._operation
            settings = described.settings
            with Bare("erp", described.description, settings, Live(started, check.id)) as session:
                session.prepare([operation])
                with clock.running():
                    session.phases(
                        generation.alone(operation, session.values[operation.label], session.good),
                        [phase for phase in settings.phases if phase != "stateful"],
                        examples=settings.budget.operations.get(operation.label, settings.budget.fuzzing),
                    )
    return {"seconds": clock.seconds, "cpu": clock.cpu, "requests": Bare.requests}


def main() -> None:
    """Measure and print."""
    chosen = parser(__doc__, repeat=5).parse_args()
    operations = [check for check in load(CONTRACT).checks if isinstance(check, OperationCheck)]
    if chosen.small:
        operations = [check for check in operations if check.id == "POST /returns"]
    rounds = []
    # A server of our own: nobody else's run slows it down or stops it. Run as root, PostgreSQL is another user, who must get in.
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        state.chmod(0o755)
        if not chosen.small:
            bare_side(state, operations)  # imports and caches of both sides are warm
        for number in range(chosen.repeat):
            # The second of two is better off or worse off by turns.
            sides = [contract_side, bare_side] if number % 2 else [bare_side, contract_side]
            measured = {side.__name__.removesuffix("_side"): side(state, operations) for side in sides}
            rounds.append(measured)
            print(f"round {number + 1} of {chosen.repeat}: {measured}", file=sys.stderr, flush=True)
    middle = {side: medians([one[side] for one in rounds]) for side in ("contract", "bare")}
    print(f"Contract erp, examples, coverage and fuzzing, median of {chosen.repeat}:")
    for side, figures in middle.items():
        counted = f"{figures['requests']:.0f} requests{', preparation counted among them' if side == 'contract' else ''}"
        print(f"  {side:8} {figures['seconds']:.2f} s, {figures['cpu']:.2f} s of them this process; {counted}")
    ratios = {figure: middle["contract"][figure] / middle["bare"][figure] for figure in ("seconds", "cpu")}
    print(f"  ratio {ratios['seconds']:.3f}, of this process {ratios['cpu']:.3f}")
    keep(chosen.json, {"rounds": rounds, "median": middle})


if __name__ == "__main__":
    main()
