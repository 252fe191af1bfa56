"""The language of screens and pages: one option, shared by all commands that speak both."""

from __future__ import annotations

from collections.abc import Iterable

import click

from erp_testkit.domain.said import LANGUAGES, Said, in_language

_VARIABLE = "ERP_TESTKIT_LANGUAGE"
_ITEM = Said("- {text}", "- {text}")

option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    envvar=_VARIABLE,
    default=LANGUAGES[0],
    help=f"Language of what is said; environment variable {_VARIABLE}, else {LANGUAGES[0]}.",
)


def echo(language: str, *lines: str) -> None:
    """Print lines in a language."""
    for line in lines:
        click.echo(in_language(line, language))


def items(texts: Iterable[str]) -> list[Said]:
    """Return texts as items of a list."""
    return [_ITEM.with_(text=text) for text in texts]
