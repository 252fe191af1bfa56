"""What a pipeline signs of a run: an in-toto test-result, about the change and the run's seal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from erp_testkit.domain.results import Outcome
from erp_testkit.evidence.pack import Pack
from erp_testkit.evidence.seal import PACK
from erp_testkit.evidence.signing import TEST_RESULT, statement

_FAILED = (Outcome.BROKEN, Outcome.ERROR)


def testimony(pack: Pack, digest: str) -> dict[str, Any]:
    """Return the statement about a run.

    Args:
        pack: the run.
        digest: SHA-256 of its seal.
    """
    outcomes = {result.node: result.outcome for result in pack.results()}
    passed = [node for node, outcome in outcomes.items() if outcome is Outcome.KEPT]
    failed = [node for node, outcome in outcomes.items() if outcome in _FAILED]
    warned = [node for node, outcome in outcomes.items() if outcome is not Outcome.KEPT and outcome not in _FAILED]
    manifest = pack.manifest
    subjects: dict[str, Mapping[str, str]] = {PACK: {"sha256": digest}}
    if manifest.get("commit"):
        subjects["change"] = {"gitCommit": manifest["commit"]}
    made_of = {"configuration": manifest.get("configuration"), **manifest.get("suite", {})}
    predicate = {
        "result": "FAILED" if failed or not passed else "WARNED" if warned else "PASSED",
        "configuration": [{"name": name, "digest": {"sha256": of["sha256"]}} for name, of in made_of.items() if of],
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
    }
    address = manifest.get("where", {}).get("ci")
    return statement(subjects, TEST_RESULT, {**predicate, "url": address} if address else predicate)
