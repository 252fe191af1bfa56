"""``erp-testkit record-deployment``: keeps what runs where."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from erp_testkit.cli.language import echo, items, option
from erp_testkit.domain.said import Said


@click.command
@click.argument("change")
@click.option("--to", "environment", required=True, metavar="ENV", help="Where it went, such as production.")
@click.option("--packs", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Where the runs are.")
@click.option("--policy", metavar="FILE|NAME", help="File, or strict, standard or observe; ci/gate.toml where there is one, else standard.")
@click.option("--approvers", metavar="FILE", type=click.Path(path_type=Path), help="Who may approve; ci/approvers.toml.")
@option
def command(change: str, environment: str, packs: Path | None, policy: str | None, approvers: Path | None, language: str) -> None:
    """Write down that a change was deployed, so that the next run knows what was there before.

    A deployment that happened is kept also where `can-deploy` says no; the record says so.

    Exit codes: 0 written, 2 usage error or a damaged record, 3 it cannot be written.
    """
    from erp_testkit.cli.can_deploy import decided  # none of it for --help
    from erp_testkit.config import load_config
    from erp_testkit.evidence.deployments import record_of
    from erp_testkit.evidence.provenance import people
    from erp_testkit.gate.approval.deployments import record_deployment
    from erp_testkit.project import project_root

    decision = decided(change, environment, packs, policy, approvers)
    record = record_of(load_config(project_root(Path.cwd())))
    record_deployment(record, decision, datetime.now(UTC), people())
    said = Said("Recorded in {record}: {change} runs in {environment}.", "已记入 {record}：{environment} 现行版本为 {change}。")
    echo(language, said.with_(record=record, change=decision.change, environment=environment))
    if not decision.is_yes:
        echo(language, Said("It should not have been deployed:", "该变更本不应部署："), *items(decision.reasons))
