"""The conformance suite, run by its command on the documented example adapter, on a faulty one and on none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KIT = Path(sys.executable).parent / "erp-testkit"
EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "card_file.py"

PROFILE = """
default_profile = "cards"

[profiles.cards]
adapter = "{adapter}:connect"
url = "http://cards.example"
environment = "{environment}"

[profiles.cards.users.manager]
name = "clerk"
password_env = "CARDS_PASSWORD"
"""

FAULTY = """
from dataclasses import replace

import card_file


class Stock(card_file.Stock):
    def on_hand(self, item, on=None):
        return [replace(row, quantity=row.quantity * 2) for row in super().on_hand(item, on)]


def connect(connection):
    erp = card_file.connect(connection)
    erp.stock = Stock(erp.stock._cards)
    return erp
"""

EMPTY = """
class Empty:
    name = "Nothing 1.0"

    def close(self):
        pass


def connect(connection):
    return Empty()
"""

GONE = """
from erp_testkit.erp.errors import ErpUnreachable


def connect(connection):
    raise ErpUnreachable("Failed to reach http://cards.example: expected an answer, got none.")
"""


@pytest.fixture
def check(tmp_path):
    """Run the check in a project of its own and return exit code and output."""
    shutil.copy(EXAMPLE, tmp_path)

    def run(adapter, *arguments, code="", environment="test"):
        (tmp_path / "erp-testkit.toml").write_text(PROFILE.format(adapter=adapter, environment=environment), encoding="utf-8")
        if code:
            (tmp_path / f"{adapter}.py").write_text(code, encoding="utf-8")
        done = subprocess.run(
            [KIT, "adapter", "check", "-q", *arguments],
            check=False,
            cwd=tmp_path,
            env={**{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}, "CARDS_PASSWORD": "secret"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def table(output):
    """Return the rows of the table that say more than 'not covered'."""
    lines = output.partition("= adapter check =")[2].splitlines()
    rows = [line.split() for line in lines if len(line.split()) == 4 and line.split()[1].isdigit()]
    return {name: (int(kept), int(broken), int(not_covered)) for name, kept, broken, not_covered in rows}


def test_the_documented_example_keeps_what_its_ports_promise(check):
    code, output, _ = check("card_file")
    covered = {port: counts for port, counts in table(output).items() if counts[0] or counts[1]}
    assert covered == {"MasterData": (4, 0, 0), "Stock": (7, 0, 0), "LedgerSource": (3, 0, 3), "Total": (14, 0, 65)}
    assert code == 0


def test_a_faulty_adapter_is_broken_at_the_port_that_is_faulty(check):
    code, output, _ = check("faulty", code=FAULTY)
    assert {port: counts[1] for port, counts in table(output).items() if counts[1]} == {"Stock": 4, "Total": 4}
    assert code == 1


def test_a_check_of_nothing_is_not_green(check):
    code, output, _ = check("empty", code=EMPTY)
    assert table(output)["Total"] == (0, 0, 79)
    assert "Broken: nothing was checked." in output.splitlines()
    assert code == 1


def test_an_erp_that_does_not_answer_is_no_broken_adapter(check):
    code, output, _ = check("gone", code=GONE)
    assert "Failed to reach http://cards.example: expected an answer, got none." in output
    assert code == 3


def test_production_is_never_written_to(check):
    code, output, errors = check("card_file", environment="production")
    assert (code, output, errors) == (
        2,
        "",
        "Failed to check the adapter of profile 'cards': expected a test or uat environment, got production.\n",
    )


def test_an_unknown_profile_is_a_usage_error(check):
    code, _, errors = check("card_file", "--profile", "card")
    assert (code, errors) == (
        2,
        "Failed to use profile 'card': expected one of erp-testkit.toml. Did you mean 'cards'? Valid values are: cards.\n",
    )
