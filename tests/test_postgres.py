"""The embedded PostgreSQL: shared, cloned, dumped, stopped with its last user."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.standins.postgres import PostgresServer


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def server(state):
    server = PostgresServer.embedded(state)
    yield server
    server.close()


def fill(server, name):
    with psycopg.connect(server.uri_of(name), autocommit=True) as connection:
        connection.execute("create table lot (number text)")
        connection.execute("insert into lot values ('L1')")


def lots(server, name):
    with psycopg.connect(server.uri_of(name)) as connection:
        return [row[0] for row in connection.execute("select number from lot")]


def test_a_clone_has_the_templates_rows_and_a_life_of_its_own(server):
    server.create("seeded")
    fill(server, "seeded")
    server.create("clone", template="seeded")
    with psycopg.connect(server.uri_of("clone"), autocommit=True) as connection:
        connection.execute("insert into lot values ('L2')")
    assert (lots(server, "seeded"), lots(server, "clone")) == (["L1"], ["L1", "L2"])


def test_a_dump_is_restored_under_another_name(server, tmp_path):
    server.create("dumped")
    fill(server, "dumped")
    server.dump("dumped", tmp_path / "dumped.pg")
    server.restore(tmp_path / "dumped.pg", "restored")
    assert lots(server, "restored") == ["L1"]


def test_drop_takes_a_database_somebody_is_connected_to(server):
    server.create("busy")
    with psycopg.connect(server.uri_of("busy")):
        server.drop("busy")
    assert not server.exists("busy")


def test_dropping_what_is_not_there_is_no_error(server):
    server.drop("nowhere")
    assert not server.exists("nowhere")


def test_names_are_data(server):
    server.create('odd"; drop table x')
    assert server.exists('odd"; drop table x')
    server.drop('odd"; drop table x')


_HOLD = """
import sys
from pathlib import Path
from erp_testkit.standins.postgres import PostgresServer
server = PostgresServer.embedded(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
server.close()
"""


def test_the_server_stops_with_its_last_user_even_after_another_was_killed(tmp_path):
    def hold():
        child = subprocess.Popen([sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "up\n"
        return child

    killed = hold()
    killed.kill()
    killed.communicate()
    assert (tmp_path / "postgres" / "postmaster.pid").exists()
    first, second = hold(), hold()
    first.communicate("")
    assert (tmp_path / "postgres" / "postmaster.pid").exists()
    second.communicate("")
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_an_unreachable_server_is_an_environment_failure_without_the_password(tmp_path):
    server = PostgresServer.at(f"postgresql://erp:s3cret@/postgres?host={tmp_path}")
    with pytest.raises(EnvironmentFailure) as failure:
        server.exists("x")
    message = str(failure.value)
    assert message.startswith("Failed to reach PostgreSQL at postgresql://erp@")
    assert "s3cret" not in message
    assert message.endswith("Next: erp-testkit doctor")


def test_a_folder_that_cannot_be_written_is_an_environment_failure(tmp_path):
    (tmp_path / "postgres").write_text("a file where the folder should be")
    with pytest.raises(EnvironmentFailure, match="Failed to start the embedded PostgreSQL: expected a running server in"):
        PostgresServer.embedded(Path(tmp_path))
