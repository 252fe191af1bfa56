"""How much of a run is the kit's own share: the suite against an ERP, compared with the same ERP calls made bare.

    python benchmarks/bench_suite.py [--erp reference|tryton] [--language en] [--repeat N] [--small] [--json FILE]

Each round runs the suite in one process (no xdist, no random order, one seed) on a fresh clone of the ERP, and then:

- on the reference ERP, replays every recorded call, in the order of the answers, on another fresh clone with nothing but `http.client`;
  where a document got another number, later calls are changed to it. Answers whose status differs are counted and shown.
- on Tryton, whose record ids differ, takes the recorded waiting time of each call instead.

The kit's share is what the suite took beyond the bare calls, as a part of what it took. Starting the ERP and Python is on neither side.
Calls that scenarios make at the same moment are replayed one after the other.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from common import ROOT, keep, medians, parser

from erp_testkit import shipped
from erp_testkit.project import STATE
from erp_testkit.standins.reference import ReferenceStandIn
from erp_testkit.standins.standin import Started

_NUMBER = re.compile(r"\b[A-Z]{2}-\d+\b")
"""Numbers the reference ERP gives to documents. Codes the kit makes have letters behind the dash."""


def read(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Read all events or exchanges of a run."""
    return [json.loads(line) for file in sorted(folder.glob(f"{kind}-*.jsonl")) for line in file.read_bytes().splitlines()]


def run_suite(erp: str, suite: Path, folder: Path, *options: str) -> float:
    """Run the suite once, leaving its evidence in `folder`; return the wall time of the whole process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", "from erp_testkit.cli.main import main; main()", "run", f"--erp={erp}", str(suite)]
    command += ["-q", "-p", "no:randomly", "--erp-seed=1", f"--erp-run-folder={folder}", *options]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"Failed to run the suite: expected exit code 0 or 1, got {done.returncode}.\n{done.stdout}{done.stderr}")
    return time.perf_counter() - started


class Bare:
    """The barest client there is: one kept connection for each role."""

    def __init__(self, started: Started) -> None:
        """Sign in every role, beside the clock."""
        self._host = urlsplit(started.url).netloc
        self._tokens: dict[str, str] = {}
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self._keys = 0
        for role, user in started.users.items():
            status, answer = self.ask(role, "POST", "/token", json.dumps({"name": user.name, "password": user.password}))
            assert status == 200, answer
            self._tokens[role] = json.loads(answer)["token"]

    def ask(self, role: str, method: str, target: str, body: str) -> tuple[int, bytes]:
        """Send one request and read its answer."""
        self._keys += 1
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"bare-{self._keys}"}
        if role in self._tokens:
            headers["Authorization"] = f"Bearer {self._tokens[role]}"
        connection = self._connections.setdefault(role, http.client.HTTPConnection(self._host))
        try:
            connection.request(method, target, body.encode() if body else None, headers)
            response = connection.getresponse()
        except ConnectionError:  # the server closes connections that were idle for some seconds
            connection.close()
            connection.request(method, target, body.encode() if body else None, headers)
            response = connection.getresponse()
        return response.status, response.read()


def _answered(call: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(call["at"]) + timedelta(seconds=call["seconds"])


def replay(exchanges: list[dict[str, Any]]) -> tuple[float, int]:
    """Make the recorded calls bare, on a fresh clone; return seconds and how many statuses differ."""
    standin = ReferenceStandIn(ROOT / STATE, {})
    try:
        client = Bare(standin.start(standin.prepare(), "bench"))
        calls = sorted((call for call in exchanges if call["target"] != "/token"), key=_answered)
        numbers: dict[str, str] = {}
        differing = 0
        seconds = 0.0
        for call in calls:
            target, body = (_NUMBER.sub(lambda found: numbers.get(found[0], found[0]), call[part]) for part in ("target", "request"))
            started = time.perf_counter()
            status, answer = client.ask(call["role"], call["method"], target, body)
            seconds += time.perf_counter() - started
            differing += status != call["status"]
            if call["method"] == "POST":
                numbers.update(zip(_NUMBER.findall(call["answer"]), _NUMBER.findall(answer.decode()), strict=False))
        return seconds, differing
    finally:
        standin.stop()
        standin.finish()


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeat=5)
    options.add_argument("--erp", default="reference", choices=["reference", "tryton"])
    options.add_argument("--language", default="en", choices=["en", "zh-CN"])
    chosen = options.parse_args()
    suite = shipped.FEATURES / chosen.language / ("sales.feature" if chosen.small else "")
    rounds: list[dict[str, float]] = []
    for number in range(chosen.repeat):
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "run"
            process = run_suite(chosen.erp, suite, folder, f"--alluredir={folder / 'allure'}")
            scenarios, exchanges = read(folder, "events"), read(folder, "exchanges")
        scenarios = [event for event in scenarios if event["event"] == "scenario"]
        took = sum(event["seconds"] for event in scenarios)
        waited = sum(call["seconds"] for call in exchanges)
        bare, differing = replay(exchanges) if chosen.erp == "reference" else (waited, 0)
        rounds.append(
            {
                "scenarios": len(scenarios),
                "calls": len(exchanges),
                "process_s": process,
                "scenarios_s": took,
                "rules_ms_per_scenario": 1000 * statistics.mean(event["rules_seconds"] for event in scenarios if event["rules"]),
                "waiting_s": waited,
                "bare_s": bare,
                "kit_share": 1 - bare / took,
                "differing": differing,
            }
        )
        print(f"round {number + 1} of {chosen.repeat}: {rounds[-1]}", file=sys.stderr, flush=True)
    middle = medians(rounds)
    print(f"Suite on {chosen.erp}, {chosen.language}, median of {chosen.repeat}:")
    counts = {name: f"{middle[name]:.0f}" for name in ("scenarios", "calls", "differing")}
    print(f"  {counts['scenarios']} scenarios, {counts['calls']} calls, {counts['differing']} of them answered otherwise in replay")
    print(f"  scenarios {middle['scenarios_s']:.2f} s, the same calls bare {middle['bare_s']:.2f} s: kit share {middle['kit_share']:.0%}")
    print(f"  whole process {middle['process_s']:.2f} s; rules {middle['rules_ms_per_scenario']:.1f} ms a scenario")
    keep(chosen.json, {"rounds": rounds, "median": middle})


if __name__ == "__main__":
    main()
