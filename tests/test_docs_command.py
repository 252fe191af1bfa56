"""erp-testkit docs: the pages come with the kit, and messages name pages that are there."""

import re
from pathlib import Path

from click.testing import CliRunner

from erp_testkit import shipped
from erp_testkit.cli.docs import command
from erp_testkit.domain.errors import UsageError

KIT = Path(__file__).parent.parent / "erp_testkit"
PAGES = sorted(file.stem for file in shipped.DOCS.glob("*.md"))


def test_the_pages_are_listed_with_their_titles():
    lines = CliRunner().invoke(command).output.splitlines()
    assert sorted(line.split()[0] for line in lines) == PAGES
    assert "mappings       Field mappings" in lines


def test_a_page_is_shown():
    assert CliRunner().invoke(command, ["mappings"]).output.strip() == (shipped.DOCS / "mappings.md").read_text(encoding="utf-8").strip()


def test_another_page_is_suggested():
    result = CliRunner().invoke(command, ["mapings"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        f"Failed to show page 'mapings': expected one of the documentation. Did you mean 'mappings'? Valid values are: {', '.join(PAGES)}."
    )


def test_messages_and_templates_name_pages_that_are_there():
    files = [file for folder in (KIT, shipped.PIPELINES, shipped.FIXTURES) for file in folder.rglob("*") if file.is_file()]
    texts = [file.read_text(encoding="utf-8") for file in files if file.suffix not in {".pyc", ".png"}]
    named = {name for text in texts for name in re.findall(r"erp-testkit docs ([a-z-]+)", text)}
    assert named >= {"pipelines", "ledger"}
    assert named <= set(PAGES)


def test_no_message_names_a_file_that_an_installed_kit_has_not():
    # A kind of finding names its page: for the documentation and for whoever links to it.
    for file in KIT.rglob("*.py"):
        said = re.findall(
            r"(?<!page=)(?<!page = )\"[^\"]*docs/[a-z-]+\.md[^\"]*\"",
            re.sub(r'""".*?"""', "", file.read_text(encoding="utf-8"), flags=re.DOTALL),
        )
        assert said == [], file
