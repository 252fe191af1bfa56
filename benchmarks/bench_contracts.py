"""What the kit's own checks cost: the contract of the reference ERP, compared with the same schemathesis run bare.

    python benchmarks/bench_contracts.py [--repeat N] [--json FILE]

Both sides run the same engine over the same operations of ``contracts/openapi/erp.yaml``, one after the other in one process, against a
fresh clone of the reference ERP each: the same seed, phases, budget, values and good requests, which are prepared on both sides, and
beside the clock on neither. On the *bare* side schemathesis checks answers with its own checks and nothing else happens. On the *contract*
side the kit's checks look at every answer and send their own requests (repeats, audit trail, reading back, locks, keys, pages), every
request is kept as evidence, coverage is counted, and the items are collected that the rules would run over. The rules themselves are
measured by ``bench_oracle.py``. The two sides take turns; starting the ERP is on neither.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from erp_testkit import shipped
from erp_testkit.config import STATE
from erp_testkit.contracts.check import System
from erp_testkit.contracts.openapi import compat, generation
from erp_testkit.contracts.openapi.contract import OperationCheck, load
from erp_testkit.contracts.openapi.work import Work
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.exchange import Exchange
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.standins.reference import ReferenceStandIn
from erp_testkit.standins.standin import Started

ROOT = Path(__file__).parent.parent
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
        self._recorder = Recorder(user.password for user in started.users.values())
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

    def heard(self, exchange: Exchange) -> None:
        """Keep an exchange as a run does."""
        self._recorder.heard(exchange)


class Bare(Work):
    """A check's work with nothing of the kit in it but the preparation."""

    seconds = 0.0
    requests = 0

    def phases(self, raw: Any, phases: Any, *, examples: int, only: Any = None) -> None:
        """Run the engine and let go of what it finds."""
        clock = time.perf_counter()
        config = generation.configuration(
            self._settings,
            url=self._caller.url,
            headers=self._caller.headers,
            seed=SEED,
            examples=examples,
            values=self.values,
            among=self._document.operations,
            keep_going=True,
        )
        schema = compat.schema_of(raw, config)
        plan = compat.ExecutionPlan([compat.Phase(name) for name in compat.PhaseName if name.value in phases])
        for event in plan.execute(compat.EngineContext(schema=schema, stop_event=compat.threading.Event())):
            if isinstance(event, compat.events.ScenarioFinished):
                Bare.requests += len(event.recorder.interactions)
        Bare.seconds += time.perf_counter() - clock


@contextmanager
def erp() -> Iterator[Started]:
    """Start a reference ERP on a fresh clone."""
    standin = ReferenceStandIn(ROOT / STATE, {})
    try:
        yield standin.start(standin.prepare(), "bench")
    finally:
        standin.stop()
        standin.finish()


def contract_side() -> dict[str, float]:
    """Run every operation's check as a run does, apart from its preparation."""
    seconds, requests, broken = 0.0, 0, 0
    prepare = Work.prepare
    with erp() as started:
        for check in load(CONTRACT).checks:
            if not isinstance(check, OperationCheck):
                continue
            waited = 0.0

            def timed(work: Work, operations: Any) -> bool:
                nonlocal waited
                clock = time.perf_counter()
                done = prepare(work, operations)
                waited += time.perf_counter() - clock
                return done

            Work.prepare = timed  # type: ignore[method-assign]  # preparing is on neither side
            clock = time.perf_counter()
            judged = check.run(Live(started, check.id))
            seconds += time.perf_counter() - clock - waited
            requests += judged.counted
            broken += len(judged.broken)
    Work.prepare = prepare  # type: ignore[method-assign]
    return {"seconds": seconds, "requests": requests, "broken": broken}


def bare_side() -> dict[str, float]:
    """Run the engine over the same operations."""
    Bare.seconds, Bare.requests = 0.0, 0
    with erp() as started:
        contract = load(CONTRACT)
        for check in contract.checks:
            if not isinstance(check, OperationCheck):
                continue
            described, operation = check._described, check._operation
            settings = described.settings
            with Bare(contract.name, described.document, settings, Live(started, check.id)) as work:
                work.prepare([operation])
                work.phases(
                    generation.alone(operation, work.values[operation.label], work.good),
                    [phase for phase in settings.phases if phase != "stateful"],
                    examples=settings.budget.operations.get(operation.label, settings.budget.fuzzing),
                )
    return {"seconds": Bare.seconds, "requests": Bare.requests}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeat", type=int, default=5)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    rounds = []
    bare_side()  # imports and caches of both sides are warm
    for number in range(chosen.repeat):
        # The second of two is better off or worse off by turns.
        sides = [contract_side, bare_side] if number % 2 else [bare_side, contract_side]
        measured = {side.__name__.removesuffix("_side"): side() for side in sides}
        rounds.append({**measured, "ratio": measured["contract"]["seconds"] / measured["bare"]["seconds"]})
        print(f"round {number + 1} of {chosen.repeat}: {rounds[-1]}", file=sys.stderr, flush=True)
    median = {side: statistics.median(one[side]["seconds"] for one in rounds) for side in ("contract", "bare")}
    requests = {side: rounds[-1][side]["requests"] for side in median}
    print(f"Contract erp, examples, coverage and fuzzing, median of {chosen.repeat}:")
    print(f"  contract {median['contract']:.2f} s with {requests['contract']:.0f} requests, preparation counted among them")
    print(f"  bare     {median['bare']:.2f} s with {requests['bare']:.0f} requests")
    print(f"  ratio of the medians {median['contract'] / median['bare']:.3f}; of each round {statistics.median(one['ratio'] for one in rounds):.3f}")
    if chosen.json:
        chosen.json.write_text(json.dumps({"rounds": rounds, "median": median}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
