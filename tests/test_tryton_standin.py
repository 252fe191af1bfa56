"""The Tryton stand-in, as far as it can be tested without minutes of installing; the real one runs in the suite against Tryton."""

from importlib.metadata import PackageNotFoundError

import pytest

from erp_testkit.domain.documents import Role
from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.erp.registry import Connection, ports_of
from erp_testkit.erp.tryton.adapter import TrytonErp
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.standin import load_standin
from erp_testkit.standins.tryton import creation, programs
from erp_testkit.standins.tryton.creation import Template
from erp_testkit.standins.tryton.programs import Server, environment
from erp_testkit.standins.tryton.seed import USERS


def test_it_is_found_by_name(tmp_path):
    assert type(load_standin("tryton", tmp_path, {})).__name__ == "TrytonStandIn"


def test_without_the_extra_it_says_what_to_type(monkeypatch, tmp_path):
    def version(name):
        if name == "trytond_sale":
            raise PackageNotFoundError(name)
        return "8.2.1"

    monkeypatch.setattr(programs, "version", version)
    with pytest.raises(EnvironmentFailure) as caught:
        Template(PostgresServer.at("postgresql://nowhere/postgres"), tmp_path)
    assert str(caught.value) == (
        "Failed to start Tryton: expected the package trytond_sale to be installed, got none. Next: pip install 'erp-testkit[tryton]'"
    )


def test_the_template_is_named_after_all_it_depends_on(monkeypatch, tmp_path):
    versions = {"trytond": "8.2.1"}
    monkeypatch.setattr(creation, "versions", lambda: versions)
    server = PostgresServer.at("postgresql://nowhere/postgres")
    before, again = Template(server, tmp_path).name, Template(server, tmp_path).name
    versions["trytond"] = "8.2.2"
    assert before == again != Template(server, tmp_path).name


def test_databases_of_older_seeds_are_dropped(monkeypatch, tmp_path):
    monkeypatch.setattr(creation, "versions", lambda: {"trytond": "8.2.1"})
    server = PostgresServer.at("postgresql://nowhere/postgres")
    dropped = []
    monkeypatch.setattr(server, "drop", dropped.append)
    template = Template(server, tmp_path)
    (tmp_path / "cache").mkdir()
    for name in ("tryton_older", template.name):
        (tmp_path / "cache" / f"{name}.dump").touch()
    template._drop_outdated()
    assert dropped == ["tryton_older"]
    assert [file.stem for file in (tmp_path / "cache").iterdir()] == [template.name]


def test_the_database_address_is_handed_over_in_the_environment():
    socket = environment("postgresql://postgres:@/postgres?host=/Home/State/postgres")
    assert {name: value for name, value in socket.items() if name.startswith("PG")} == {
        "PGHOST": "/Home/State/postgres",
        "PGUSER": "postgres",
    }
    network = environment("postgresql://ann:pw@db.example:5433/postgres")
    assert {name: value for name, value in network.items() if name.startswith("PG")} == {
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGUSER": "ann",
        "PGPASSWORD": "pw",
    }


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "program", lambda _: ["/bin/sh", "-c", "echo 'no room' >&2; exit 7"])
    server = Server(tmp_path, "erp", "postgresql://nowhere/postgres")
    with pytest.raises(EnvironmentFailure) as caught:
        server.wait()
    assert str(caught.value) == (
        f"Failed to start Tryton: expected an answer at {server.url}, got exit code 7; its last words: no room. "
        f"Next: see {tmp_path / 'erp.log'}"
    )


def test_the_adapter_says_what_it_needs():
    with pytest.raises(UsageError) as caught:
        TrytonErp(Connection(url="http://erp.example", users={}), Role.MANAGER, {})
    assert str(caught.value) == (
        "Failed to connect to Tryton as manager: expected option 'database' and a user for the role, "
        "got options (none) and users for (none)."
    )


def test_the_adapter_has_these_ports_and_no_others():
    erp = TrytonErp(Connection(url="http://erp.example", users=USERS, options={"database": "erp"}), Role.MANAGER, {})
    assert list(ports_of(erp)) == [
        "master_data",
        "sales",
        "outbound",
        "stock",
        "counting",
        "quarantine",
        "traceability",
        "lot_records",
        "returns",
        "credits",
        "audit_trail",
        "ledger",
        "access",
    ]
    erp.close()
