"""Run folders for tests of the gate, written by what writes real ones."""

from datetime import UTC, datetime, timedelta

from erp_testkit.domain.findings import STEP_FAILED, Family, Kind, Severity
from erp_testkit.domain.results import AREAS, CONTRACTS, Lack, Need, Outcome, Result
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.redaction import Redactor
from erp_testkit.evidence.run_folder import RunFolder, RunWriter
from erp_testkit.gate.verdict.policy import load_policy
from erp_testkit.gate.verdict.verdict import judge

FACTS = {"adapter": "acme", "profile": "acme", "environment": "test", "seed": 7, "erp": "Acme 9", "commit": "c0ffee" * 6, "dirty": False}

POLICY = """\
areas = {{ {} }}
[coverage]
min_contract_coverage = 0
max_not_covered = 1
""".format(", ".join(f'"{area}" = {{ min_scenarios = 0 }}' for area in (*AREAS.values(), CONTRACTS)))
"""The standard policy, for runs of a few scenarios."""


LACKS = [Lack(Need.PORT, "Recalls")]


def failed(step="sales.refused", message="expected refusal (state), got success", severity="normal", kind="AssertionError"):
    """What a step that failed leaves in a result."""
    return STEP_FAILED.found(message, place=step, key=f"{step} ({kind})", severity=Severity(severity))


def result(scenario="SAL-001", outcome="kept", **facts):
    """One scenario's end; a broken one broke at a step, unless findings are given."""
    broken = outcome in ("broken", "known")
    message = facts.get("message", "expected refusal (state), got success" if broken else "")
    step = f"steps.{scenario.lower().replace('-', '_')}"
    own = [failed(step, message, facts.get("severity", "normal"))] if broken else []
    told = {
        "title": f"Scenario {scenario}",
        "feature": "Sales",
        "file": "features/en/sales.feature",
        "line": 12,
        "language": "en",
        "node": f"features/en/sales.feature::{scenario}",
        "rules": {f"rule-{number}": [1, 0, 0, 0] for number in range(53)},
        "message": message,
        "findings": own,
        "exit_code": int(outcome == "broken"),
    }
    return Result(**{**told, "scenario": scenario, "outcome": Outcome(outcome), **facts})


def violated(rule="stock-equals-moves"):
    """What a rule with one violated subject leaves in a result's counts."""
    return {rule: [0, 1, 0, 0]}


def rule(rule="stock-equals-moves", severity="critical"):
    """What a violated rule leaves in a result."""
    return finding(Family.RULE, rule, severity, message=f"Rule broken: {rule}", evidence=({"item": "i", "stock": "3", "moves": "4"},))


def breach(id="field-shift", severity="blocker", family=Family.CONTRACT, **facts):
    """What a broken contract leaves in a result."""
    return finding(family, id, severity, key="wms", **facts)


def finding(family, id, severity, message="expected one, got another", **facts):
    kind = Kind(id=id, family=family, title=f"Title of {id}", title_zh=f"{id} 的标题", severity=Severity(severity), page="docs/x.md")
    return kind.found(message, **facts)


def contract(check="wms canary", outcome="kept", **facts):
    """One check of a contract."""
    where = {"kind": "contract", "feature": "Shipments to the WMS", "file": "contracts/mappings/shipment-to-wms.yaml", "line": 3}
    return result(check, outcome, **{**where, "node": f"contracts/mappings/shipment-to-wms.yaml::{check}", **facts})


def leave(path, *results, workers=("main",), partial=None, killed=False, summary=None, **facts):
    """Leave the folder of a run, and return its path."""
    folder = RunFolder(path)
    folder.begin({**FACTS, **facts})
    writers = [RunWriter(path, worker, Redactor()) for worker in workers]
    for number, one in enumerate(results):
        writers[number % len(writers)].event(one.kind, one.as_data())
    for writer in writers:
        writer.close()
    if not killed:
        folder.end(summary or {"known_but_kept": []}, partial=partial)
    return path


def later(**ahead):
    """A moment a little after now; runs that were just left have ended before it."""
    return datetime.now(UTC) + timedelta(**(ahead or {"seconds": 1}))


def policy(folder, text="", *, base=POLICY):
    """A policy that asks for nothing but what the test says, on top of the standard one."""
    file = folder / "gate.toml"
    file.write_text(base + text, encoding="utf-8")
    return load_policy(file)


def verdict(tmp_path, *packs, text="", base=POLICY, waivers=None, at=None):
    """Judge the packs in some folders by the test's own policy."""
    file = None
    if waivers is not None:
        file = tmp_path / "waivers.toml"
        file.write_text(waivers, encoding="utf-8")
    rules = policy(tmp_path, text, base=base)
    return judge([Pack.open(path) for path in packs], rules, waivers=file, at=at or later(), runs=tmp_path / "runs")
