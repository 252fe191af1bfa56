"""erp-testkit doctor: whole screens, and the exit code that says what to mend."""

import fake_erp
import pytest
from bad_servers import bad_erp
from click.testing import CliRunner

from erp_testkit.cli.doctor import command
from erp_testkit.erp.errors import ErpBroke, Reason, Refused


@pytest.fixture
def doctor(project, monkeypatch):
    def examine(*arguments):
        monkeypatch.chdir(project.path)
        return CliRunner().invoke(command, arguments, catch_exceptions=False)

    return examine


def head(project):
    profile = f"profile fake (fake_erp:connect, {project.url}, test)"
    return f"configuration  erp-testkit.toml, {profile}\nevidence       .erp-testkit can be written\n"


ONLY_SALES = """\
connection     Fake ERP 1.0
ports          2 of 20; not covered: MasterData, Licences, Outbound, Deliveries, Stock, Counting, Quarantine, Recalls,
               Traceability, LotRecords, Labels, Returns, Exchanges, Credits, AuditTrail, Jobs, Interfaces, LedgerSource
"""


def test_every_check_is_a_line(project, doctor):
    project.configure(head="", profile="")
    result = doctor()
    assert result.output == head(project) + ONLY_SALES + (
        "manager        boss can log in and read\n"
        "sales          FAILED  Failed to act as sales: expected a user for this role, got none.\n"
        "warehouse      FAILED  Failed to act as warehouse: expected a user for this role, got none.\n"
        "quality        FAILED  Failed to act as quality: expected a user for this role, got none.\n"
        "auditor        FAILED  Failed to act as auditor: expected a user for this role, got none.\n"
    )
    assert result.exit_code == 2


def test_an_adapter_with_a_ledger(project, doctor, monkeypatch):
    monkeypatch.delattr(fake_erp.Access, "user")
    project.configure(adapter="connect_with_ledger")
    result = doctor()
    assert isinstance(result.exit_code, int)
    assert "expected all of its methods, got none for user." in " ".join(result.output.split())
    assert result.exit_code == 2


def test_configuration_errors_come_first(project, doctor):
    result = doctor("--profile", "live")
    assert result.output == (
        "configuration  FAILED  Failed to use profile 'live': expected one of erp-testkit.toml. Valid values are: fake.\n"
    )
    assert result.exit_code == 2


def test_an_erp_that_cannot_be_reached(project, doctor):
    project.configure(adapter="unreachable")
    result = doctor()
    assert result.exit_code == 3
    assert result.output.splitlines()[-1].startswith("connection     FAILED  Failed to reach http://127.0.0.1:")


@pytest.mark.parametrize(("answer", "exit_code"), [("html", 1), ("closed", 3), ("wrong credentials", 3)])
def test_an_erp_that_answers_badly(project, doctor, answer, exit_code):
    with bad_erp(answer, at_sign_in=True) as url:
        project.configure(url=url)
        file = project.path / "erp-testkit.toml"
        file.write_text(file.read_text(encoding="utf-8").replace("fake_erp:connect", "reference"), encoding="utf-8")
        result = doctor()
    assert result.exit_code == exit_code
    assert "connection     FAILED  Failed to " in result.output


@pytest.mark.parametrize(
    ("raised", "exit_code"),
    [(Refused(Reason.RIGHTS, "auditors only"), 1), (ErpBroke("Failed to read the ledger: expected JSON, got a web page."), 1)],
    ids=["refused", "broke"],
)
def test_a_ledger_that_cannot_be_read(project, doctor, monkeypatch, raised, exit_code):
    def read(self, items, since):
        raise raised

    monkeypatch.setattr(fake_erp.LedgerOfOneItem, "read", read)
    monkeypatch.setattr(fake_erp.Access, "user", lambda self, role: "boss")
    project.configure(adapter="connect_with_ledger")
    result = doctor()
    assert result.output.splitlines()[-1] == f"ledger         FAILED  {raised}"
    assert result.exit_code == exit_code


def test_a_state_folder_that_cannot_be_written(project, doctor):
    (project.path / ".erp-testkit" / "doctor").mkdir()
    result = doctor()
    state = project.path / ".erp-testkit"
    assert f"evidence FAILED Failed to write into {state}: expected room and rights, got Is a directory." in " ".join(result.output.split())
    assert result.exit_code == 3
