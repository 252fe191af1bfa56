"""``erp-testkit rules``: lists the rules, the shipped ones and the project's own; ``rules show ID`` explains one."""

from __future__ import annotations

from pathlib import Path

import click

from erp_testkit.cli.language import option
from erp_testkit.config import load_config
from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.project import STATE, config_file, project_root
from erp_testkit.rules.rule import Rule, Scope, load_rules

_WORDS = {
    "en": ("Why", "Reference", "Holds for", "Lag", "Judges", "Reads", "File"),
    "zh-CN": ("原因", "依据", "适用于", "时延", "判定对象", "数据表", "文件"),
}
_SCOPES = {
    Scope.SCENARIO: {"en": "scenarios", "zh-CN": "场景"},
    Scope.DATA: {"en": "data", "zh-CN": "业务数据"},
    Scope.BOTH: {"en": "scenarios and data", "zh-CN": "场景和业务数据"},
}


@click.group(invoke_without_command=True)
@option
@click.pass_context
def command(context: click.Context, language: str) -> None:
    """List the rules: the laws of the trade that are checked after every scenario."""
    if context.invoked_subcommand is not None:
        return
    rules = _rules()
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        click.echo(f"{rule.id:<{width}}  {rule.severity:<8}  {rule.title_in(language)}")
    click.echo(f"\n{len(rules)} rules. Explain one: erp-testkit rules show {rules[0].id}")


@command.command()
@click.argument("rule_id", metavar="ID")
@option
def show(rule_id: str, language: str) -> None:
    """Explain one rule: what it asks for, why, and its query over the ledger."""
    rules = {rule.id: rule for rule in _rules()}
    if rule_id not in rules:
        raise UsageError(f"Failed to show rule '{rule_id}': expected the id of a rule. {closest(rule_id, rules)}")
    rule = rules[rule_id]
    why, reference, scope, lag, judges, reads, file = _WORDS[language]
    click.echo(f"{rule.id} ({rule.severity})\n{rule.title_in(language)}\n")
    click.echo(f"{why}: {rule.why_in(language)}")
    if rule.reference:
        click.echo(f"{reference}: {rule.reference}")
    click.echo(f"{scope}: {_SCOPES[rule.scope][language]}")
    if rule.lag:
        click.echo(f"{lag}: {rule.lag}")
    click.echo(f"{judges}: {', '.join(rule.key)}")
    click.echo(f"{reads}: {', '.join(rule.tables)}\n{file}: {rule.file}\n\n{rule.sql}")


def _rules() -> tuple[Rule, ...]:
    root = project_root(Path.cwd())
    # Somebody who only looks gets no state folder where no project is.
    cache = root / STATE / "cache" if config_file(root) else None
    return load_rules(load_config(root).rules, cache)
