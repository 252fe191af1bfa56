"""The reference ERP as a stand-in: its process, its databases, its defects, its command."""

import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import httpx2
import psycopg
import pytest
import sqlalchemy
from reference_erp import at_once, refused, running

from erp_testkit.domain.errors import EnvironmentFailure, UsageError
from erp_testkit.erp.errors import Refused
from erp_testkit.standins.postgres import PostgresServer
from erp_testkit.standins.process import ChildProcess
from erp_testkit.standins.reference import ReferenceStandIn
from erp_testkit.standins.reference.database import open_engine
from erp_testkit.standins.reference.databases import create
from erp_testkit.standins.reference.defects import defect, defects
from erp_testkit.standins.reference.services.registry import service, service_names, wrap


def gone(pid):
    """Say whether a process has ended; one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for_end(pid):
    ending = os.pidfd_open(pid) if not gone(pid) else None
    if ending is not None:
        import select

        assert select.select([ending], [], [], 30)[0]
        os.close(ending)


def test_stopping_ends_the_process_and_drops_its_database(shop, reference_state):
    standin = ReferenceStandIn(reference_state, {})
    prepared = standin.prepare()
    server = PostgresServer.at(prepared["database"])
    before = set(server.names("reference_"))
    started = standin.start(prepared, "gw7")
    assert httpx2.get(f"{started.url}/health").json() == "Reference ERP 1.0"
    assert len(set(server.names("reference_")) - before) == 1
    standin.stop()
    standin.finish()
    assert set(server.names("reference_")) == before
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{started.url}/health")
    standin.stop()


def test_the_template_is_built_once(shop, reference_state):
    standin = ReferenceStandIn(reference_state, {})
    prepared = standin.prepare()
    with psycopg.connect(prepared["database"]) as connection:
        oid = "select oid from pg_database where datname = %s"
        first = connection.execute(oid, [prepared["template"]]).fetchone()
        assert standin.prepare() == prepared
        assert connection.execute(oid, [prepared["template"]]).fetchone() == first
    standin.finish()


_HOLD = """
import sys
from pathlib import Path
from erp_testkit.standins.process import ChildProcess
child = ChildProcess([sys.executable, "-c", "import time; time.sleep(600)"], log=Path(sys.argv[1]))
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_does_not_outlive_a_killed_parent(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path / "log")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())
    assert not gone(child)
    parent.kill()
    parent.communicate()
    wait_for_end(child)
    assert gone(child)


def test_a_database_whose_run_was_killed_is_dropped_by_the_next(shop, reference_state):
    server = PostgresServer.embedded(reference_state)
    # No process has this id: it is above the kernel's limit.
    orphan = f"reference_of_{2**22 + 1}_gw0_1"
    server.create(orphan)
    standin = ReferenceStandIn(reference_state, {})
    standin.prepare()
    assert not server.exists(orphan)
    standin.finish()
    server.close()


def test_a_process_that_ends_at_once_says_its_last_words(tmp_path):
    child = ChildProcess([sys.executable, "-c", "import sys; sys.exit('no licence')"], log=tmp_path / "log")
    with pytest.raises(EnvironmentFailure) as failure:
        child.wait_until_ready(lambda: False, 30)
    assert str(failure.value) == (
        f"Failed to start {Path(sys.executable).name}: expected a process that answers, got exit status 1; it last said: no licence. "
        f"Next: see {tmp_path / 'log'}"
    )


def test_a_process_that_is_never_ready_is_ended(tmp_path):
    child = ChildProcess([sys.executable, "-c", "import time; time.sleep(600)"], log=tmp_path / "log")
    with pytest.raises(EnvironmentFailure, match=r"got no answer in 0\.1 s; it last said: nothing\."):
        child.wait_until_ready(lambda: False, 0.1)
    assert not child.running


def test_a_taken_port_is_told(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        standin = ReferenceStandIn(tmp_path, {"database": "sqlite", "port": str(port)})
        with pytest.raises(EnvironmentFailure) as failure:
            standin.start(standin.prepare(), "gw0")
    assert str(failure.value) == f"Failed to listen on port {port}: expected a free one, got Address already in use."


def test_on_sqlite_a_story_runs_too(tmp_path):
    with running(tmp_path, database="sqlite") as shop:
        customer, item = shop.customer(), shop.serial_item("S1", "S2")
        orders = [shop.order(customer, item) for _ in range(3)]
        outcomes = at_once(*[lambda order=order: shop.plan(order, item, serial="S1") for order in orders])
        assert len([outcome for outcome in outcomes if isinstance(outcome, Refused)]) == 2
        (shipment,) = [outcome for outcome in outcomes if isinstance(outcome, str)]
        shop.erp.outbound.ship(shipment)
        number = shop.give_back(customer, shipment, item, serial="S1")
        shop.erp.returns.receive_return(number)
        assert shop.erp.credits.credit(number).total == Decimal("113.00")
        shop.erp.jobs.settle([item], 30)
        tables = shop.ledger(item).tables
        assert {row["state"] for row in tables["jobs"]} == {"done"}
        assert [(row["place"], row["quantity"]) for row in tables["on_hand"]] == [("MAIN", 1), ("RETURNS", 1)]
        with refused(f"duplicate: Serial number S1 of {item} was received before."):
            shop.receive(item, lot="L1", serial="S1")
        with shop.http() as http:
            assert http.get("/audit-chain/first-broken").json() is None
    assert list((tmp_path / "reference").glob("*.db*")) == []


def test_shifted_fields_overwrite_lots_on_the_delivery_note(shop, reference_state):
    with running(reference_state, defect="note-fields-shifted") as spoilt:
        customer, item = spoilt.customer(), spoilt.serial_item("S1")
        note = spoilt.erp.outbound.delivery_note(spoilt.shipped(customer, item, serial="S1"))
    assert [(line.lot, line.serial) for line in note.lines] == [("S1", None)]


def test_an_unknown_defect_is_a_usage_error_with_the_closest_one(tmp_path):
    with pytest.raises(UsageError) as failure:
        ReferenceStandIn(tmp_path, {"defect": "note-fields-shift"}).prepare()
    assert str(failure.value).startswith(
        "Failed to switch on defect 'note-fields-shift': expected the name of one. Did you mean 'note-fields-shifted'? Valid values are: "
    )


def test_every_defect_wraps_a_service_that_exists():
    import erp_testkit.standins.reference.api.app  # noqa: F401  # imports every service

    assert {one.wraps for one in defects().values()} <= set(service_names())


def test_a_defect_is_registered_once_and_weakens_only_guards():
    assert "note-fields-shifted" in defects()
    with pytest.raises(
        ValueError, match="Failed to register defect 'note-fields-shifted': expected a name of its own, got one that is taken"
    ):
        defect("note-fields-shifted", wraps="notes.note_line")(print)
    with pytest.raises(ValueError, match="Failed to register defect 'new': expected guards of the schema, got gravity"):
        defect("new", wraps="notes.note_line", weakens=("gravity",))(print)


def test_a_wrapped_service_is_replaced_for_every_caller():
    @service
    def double(number):
        return number * 2

    name = f"{double.__module__}.double"
    assert double(4) == 8
    wrap(name, lambda original, number: original(number) + 1)
    assert double(4) == 9
    with pytest.raises(ValueError, match=rf"Failed to register service '{name}': expected a name of its own, got one that is taken"):
        service(double)
    with pytest.raises(ValueError, match=r"Failed to wrap service 'x\.y': expected one of "):
        wrap("x.y", print)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_served_for_a_person_it_says_where_and_who(tmp_path, stop):
    (tmp_path / "erp-testkit.toml").write_text("")
    main = "from erp_testkit.cli.main import main; main()"
    command = [sys.executable, "-c", main, "standin", "serve", "--database", "sqlite"]
    served = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    lines = [served.stdout.readline().rstrip() for _ in range(10)]
    url = lines[0].removeprefix("Reference ERP at ")
    assert lines[1] == f"API page       {url}/docs  (the same as data: {url}/openapi.json)"
    users = [line.split() for line in lines[5:10]]
    assert [(role, user) for role, user, _, _ in users] == [
        ("manager", "m.chen"),
        ("sales", "s.li"),
        ("warehouse", "w.zhang"),
        ("quality", "q.zhao"),
        ("auditor", "a.sun"),
    ]
    assert httpx2.get(f"{url}/bins", headers={"Authorization": f"Bearer {users[4][3]}"}).json() == ["MAIN", "SHELF"]
    page = httpx2.get(f"{url}/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith("/") and httpx2.get(f"{url}{source}").status_code == 200 for source in sources)
    served.send_signal(stop)
    # Not communicate(): it reads past what readline() has buffered already, and loses it.
    assert served.stdout.read() == "\nCtrl-C stops it.\n\nStopped.\n"
    served.stdout.close()
    assert served.wait(timeout=60) == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"{url}/health")


def test_a_database_that_has_its_books_keeps_them(tmp_path):
    url = f"sqlite:///{tmp_path / 'erp.db'}"
    create(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("update interface_fields set source = 'mended' where position = 1"))
    create(url)
    with engine.begin() as connection:
        assert connection.scalar(sqlalchemy.text("select count(*) from interface_fields where source = 'mended'")) > 0
    engine.dispose()
