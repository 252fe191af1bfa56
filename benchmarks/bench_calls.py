"""What a recorded call of the reference ERP costs in processor time: the kit's side, the ERP's, and its database's.

    python benchmarks/bench_calls.py [--rounds N] [--repeat N] [--small] [--json FILE]

A round is what a scenario of the suite asks for on average: master data, a receipt, an order that is confirmed, picked and shipped, a look
at the shelf, waiting for jobs, and the ledger before and after; redacted, kept and written as a run does. Processor time is what the system
counted for the processes themselves, so a busy machine changes it little. Two checkouts are compared by running this with the python of
either, by turns.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from common import keep, median_of, parser
from reference_erp import Shop, day

from erp_testkit.erp.reference import connect
from erp_testkit.erp.registry import Connection
from erp_testkit.evidence.recorder import Recorder
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunWriter
from erp_testkit.standins.reference import ReferenceStandIn

TICKS = os.sysconf("SC_CLK_TCK")
SIDES = ("kit", "ERP", "database")


@dataclass(frozen=True)
class Running:
    """A reference ERP, its process, and that of its database server."""

    shop: Shop
    recorder: Recorder
    writer: RunWriter
    erp: int
    database: int

    def used(self) -> tuple[float, ...]:
        """Return the processor seconds each side has used so far."""
        backends = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _parent(folder) == self.database]
        # A backend that has ended is counted with the server that waited for it.
        return time.process_time(), _seconds(self.erp), _seconds(self.database, waited=True) + sum(map(_seconds, backends))

    def round(self) -> int:
        """Do what a scenario does; return how many calls were recorded."""
        self.recorder.begin()
        began, shop = datetime.now(UTC), self.shop
        erp = shop.erp
        items = [shop.item() for _ in range(2)]
        customer = shop.customer()
        erp.ledger.read(items, began)
        for item in items:
            shop.receive(item, 10, lot="L1", expiry=day(400))
        order = shop.order(customer, items[0], 4)
        shipment = shop.plan(order, items[0], 4, lot="L1")
        erp.outbound.ship(shipment)
        erp.stock.on_hand(items[0], None)
        erp.jobs.settle(items, 10)
        erp.sales.order(order)
        erp.ledger.read(items, began)
        kept = self.recorder.end()
        self.writer.exchanges("bench", kept)
        return len(kept)


@contextmanager
def running() -> Iterator[Running]:
    """Start a reference ERP on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="erp-testkit-bench-") as folder:
        state = Path(folder)
        state.chmod(0o755)  # run as root, PostgreSQL is another user, who must get in
        standin = ReferenceStandIn(state, {})
        try:
            started = standin.start(standin.prepare(), "bench")
            recorder = Recorder(Redactor(user.password for user in started.users.values()))
            shop = Shop(started)
            shop.erp = connect(Connection(url=started.url, users=started.users, on_exchange=recorder.on_exchange))
            (server,) = state.rglob("postmaster.pid")
            database = int(server.read_text().split()[0])
            yield Running(shop, recorder, RunWriter(state, "main", recorder.redactor), standin._process._process.pid, database)
        finally:
            standin.stop()
            standin.finish()


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return ["", "0"]


def _parent(folder: Path) -> int:
    return int(_stat(folder)[1])


def _seconds(process: int, *, waited: bool = False) -> float:
    """Return user and system time of a process, with that of its children that ended if `waited`."""
    return sum(map(int, _stat(Path(f"/proc/{process}"))[11 : 15 if waited else 13])) / TICKS


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeat=5)
    options.add_argument("--rounds", type=int, default=40, help="rounds between two readings of the clock")
    chosen = options.parse_args()
    rounds = 2 if chosen.small else chosen.rounds
    with running() as one:
        calls = one.round()
        if not chosen.small:
            for _ in range(10):
                one.round()  # statements are prepared, caches are warm

        def measured() -> tuple[float, ...]:
            before, began = one.used(), time.perf_counter()
            counted = sum(one.round() for _ in range(rounds))
            wall = time.perf_counter() - began
            return *((after - former) / counted * 1000 for former, after in zip(before, one.used(), strict=True)), wall / counted * 1000

        *sides, wall = median_of(measured, chosen.repeat)
    figures = dict(zip(SIDES, sides, strict=True))
    print(f"processor time per recorded call, median of {chosen.repeat} times {rounds} rounds of {calls} calls:")
    print(", ".join(f"{side} {milliseconds:.2f} ms" for side, milliseconds in figures.items()))
    print(f"together {sum(sides):.2f} ms; on the clock {wall:.2f} ms")
    keep(chosen.json, {**figures, "together": sum(sides), "wall": wall})


if __name__ == "__main__":
    main()
