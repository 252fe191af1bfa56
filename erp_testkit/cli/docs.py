"""``erp-testkit docs``: the pages of the documentation, which come with the kit."""

from __future__ import annotations

import click

from erp_testkit import shipped
from erp_testkit.domain.errors import UsageError, closest


@click.command
@click.argument("page", required=False, metavar="[PAGE]")
def command(page: str | None) -> None:
    """List the pages of the documentation, or show one, as Markdown.

    Exit codes: 0 shown, 2 there is no such page.
    """
    pages = {file.stem: file for file in sorted(shipped.DOCS.glob("*.md"))}
    if page is None:
        width = max(map(len, pages))
        for name, file in pages.items():
            click.echo(f"{name:<{width}}  {file.read_text(encoding='utf-8').partition(chr(10))[0].removeprefix('# ')}")
    elif page not in pages:
        raise UsageError(f"Failed to show page '{page}': expected one of the documentation. {closest(page, pages)}")
    else:
        click.echo_via_pager(pages[page].read_text(encoding="utf-8"))
