"""What the canary costs: ``python benchmarks/bench_canary.py [--repeat N]``, in fields per second, and the kit's share of it.

Each shipped mapping is flown through a reference ERP on the embedded PostgreSQL and the partner's stand-in, all on this machine. A field is
one target field of one document, compared. The kit's share is the processor time of its own process; the rest is waiting for the others.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from common import exit_code, keep, parser

from erp_testkit import shipped
from erp_testkit.contracts.mapping.contract import load
from erp_testkit.data.codes import CodeMaker
from erp_testkit.domain.exchange import Exchange
from erp_testkit.erp.ports import Erp
from erp_testkit.erp.reference import connect
from erp_testkit.erp.registry import Connection
from erp_testkit.standins.partners import Partner, PartnerStandIn
from erp_testkit.standins.reference import ReferenceStandIn

SHARE = 0.5
"""Most of the time should be the ERP's, not the kit's."""


class World:
    """A live world whose codes are new in each round."""

    def __init__(self, erp: Erp, partners: dict[str, Partner], name: str, number: int) -> None:
        """Take what runs."""
        self.erp, self._partners, self.seed = erp, partners, number
        self.code, self.today = CodeMaker(number, "bench", name), datetime.now(UTC).date()

    def partner(self, name: str) -> Partner:
        """Return a partner's stand-in."""
        return self._partners[name]

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep nothing."""


def main() -> int:
    """Measure, print, and say by the exit code whether every canary was kept and the kit's share is as it should be."""
    chosen = parser(__doc__, repeat=7).parse_args()
    waiting: list[float] = []
    with tempfile.TemporaryDirectory(prefix="erp-testkit-bench-") as folder:
        state = Path(folder)
        state.chmod(0o755)
        standin = ReferenceStandIn(state, {})
        partners = {name: PartnerStandIn(name, state) for name in ("wms", "carrier", "udi")}
        try:
            started = standin.start(standin.prepare(), "bench")
            running = {name: partner.start() for name, partner in partners.items()}
            erp = connect(Connection(url=started.url, users=started.users, on_exchange=lambda exchange: waiting.append(exchange.seconds)))
            return measured(erp, running, chosen, waiting)
        finally:
            for partner in partners.values():
                partner.stop()
            standin.stop()
            standin.finish()


def measured(erp: Erp, partners: dict[str, Partner], chosen: Namespace, waiting: list[float]) -> int:
    """Fly every canary some times and print what it took."""
    good = True
    figures = {}
    columns = ("documents", "fields", "seconds", "fields/s", "ERP answers", "kit (CPU)")
    print(f"{f'medians of {chosen.repeat} rounds':<26}{''.join(f'{column:>12}' for column in columns)}")
    for file in sorted((shipped.CONTRACTS / "mappings").glob("*.yaml"))[: 1 if chosen.small else None]:
        canary = load(file).checks[-1]
        rounds = []
        for number in range(chosen.repeat + 1):
            waiting.clear()
            began, used = time.perf_counter(), time.process_time()
            judged = canary.run(World(erp, partners, file.stem, number))
            seconds, processor = time.perf_counter() - began, time.process_time() - used
            good = good and not judged.findings
            rounds.append((seconds, judged.counted / seconds, sum(waiting) / seconds, processor / seconds))
        # The first round pays for imports.
        seconds, speed, answers, share = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
        figures[file.stem] = {"fields": judged.counted, "seconds": seconds, "erp_share": answers, "kit_share": share}
        documents = judged.coverage["documents"]
        print(f"{file.stem:<26}{documents:>12}{judged.counted:>12}{seconds:>12.2f}{speed:>12.0f}{answers:>12.0%}{share:>12.0%}")
    keep(chosen.json, figures)
    return exit_code(chosen, statistics.median(one["kit_share"] for one in figures.values()) <= SHARE) if good else 1


if __name__ == "__main__":
    sys.exit(main())
