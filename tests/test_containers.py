"""Stand-ins in containers, with a real engine: what is said when one does not start, and that nothing is ever left.

The images that fail are small: Debian with Python, made by images/base-debian, which ci/containers does before.
"""

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Event

import docker
import pytest
import yaml
from testcontainers.core.config import testcontainers_config

from erp_testkit.config import load_config
from erp_testkit.domain.errors import EnvironmentFailure
from erp_testkit.shipped import IMAGES
from erp_testkit.standins.containers.engine import connect
from erp_testkit.standins.containers.faults import Cables
from erp_testkit.standins.containers.fleet import Fleet, answers
from erp_testkit.standins.containers.images import LABEL, digest
from erp_testkit.standins.containers.reaper import KEPT, OWNER, is_alive, sweep, this_process

KIT = str(Path(sys.executable).parent / "erp-testkit")
ROOT = Path(__file__).parent.parent
USED = dict(load_config(ROOT).images)
BASE = USED["base"]
NAMED = "".join(f'{name} = "{tag}"\n' for name, tag in USED.items() if tag)
SETTINGS = f"""
default_profile = "small"

[profiles.small]
adapter = "reference"
options.database = "sqlite"

[profiles.postgres]
adapter = "reference"

[images]
{NAMED}"""
FEATURE = """
@req:REQ-900 @severity:normal @risk:delivery
Feature: Looking

  @SC-900
  Scenario: The ERP is looked at
    When somebody looks
"""
LOOK = """
from pathlib import Path
from threading import Event
from threading import Event

from pytest_bdd import when


@when("somebody looks")
def look(master_data):
    {what}
"""


def why_not():
    try:
        client = connect()
    except EnvironmentFailure as failure:
        return str(failure)
    if not client.images.list(BASE):
        return f"no image {BASE}; Next: images/base-debian"
    return None


WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture(scope="session")
def client():
    return connect()


@pytest.fixture(scope="session")
def tiny(client, worker_id):
    """An image that does what its arguments say, in Python."""
    tag = f"erp-testkit-test/tiny-{worker_id}"
    file = io.BytesIO(f'FROM {BASE}\nENTRYPOINT ["python3"]\n'.encode())
    client.images.build(fileobj=file, tag=tag, labels={f"{LABEL}digest": digest()}, rm=True)
    yield tag
    client.images.remove(tag, force=True)


@pytest.fixture
def ours(client, tmp_path):
    """A fleet on a network of its own."""
    made = Fleet(f"erp-testkit-test-{os.getpid()}-{time.monotonic_ns()}", this_process(), tmp_path, keep=False)
    made.make_network()
    yield made
    made.stop()
    client.networks.get(made._network).remove()


@pytest.fixture
def fresh(client):
    for name in ("reference", "partners"):
        found = client.images.list(USED[name])
        if not found or found[0].labels.get(f"{LABEL}digest") != digest():
            pytest.skip(f"image {USED[name]} is missing or of another kit; Next: erp-testkit images build")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "erp-testkit.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "look.feature").write_text(FEATURE, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(LOOK.format(what="pass"), encoding="utf-8")
    return tmp_path


def start(project, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.Popen(
        [KIT, *arguments],
        cwd=project,
        env={**clean, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(project, *arguments, **environment):
    process = start(project, *arguments, **environment)
    said = process.communicate(timeout=120)[0]
    return process, said


def left_by(client, pid):
    """Containers, networks and processes of the owner with this process id."""
    mine = f"_{pid}_"
    named = [
        *client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True),
        *client.networks.list(filters={"label": OWNER}),
    ]
    owned = [one.name for one in named if mine in (one.labels if hasattr(one, "labels") else one.attrs["Labels"])[OWNER]]
    return owned + [reaper.parent.name for reaper in Path("/proc").glob("[0-9]*/cmdline") if mine in command(reaper)]


def command(file):
    try:
        words = file.read_text(errors="replace").split("\0")
    except OSError:
        return ""
    return words[3] if words[1:3] == ["-m", "erp_testkit.standins.containers.reaper"] else ""


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "expected it in time"
        time.sleep(0.05)


def failure(fleet, image, **options):
    with pytest.raises(EnvironmentFailure) as caught:
        fleet.start(image, **{"alias": "app", "port": 8000, "ready": answers, **options})
    return str(caught.value)


def on_network(client, fleet):
    return client.containers.list(all=True, filters={"network": fleet._network})


def test_without_an_engine_it_says_how_to_get_one(project):
    for arguments in (("images", "build"), ("run", "--in", "containers", "look.feature")):
        process, said = run(project, *arguments, DOCKER_HOST="unix:///nowhere/docker.sock")
        assert process.returncode == 3
        assert "Failed to reach a container engine: expected one that runs, got " in said
        assert "Next: start it (systemctl start docker), install it (apt-get install docker.io), or set DOCKER_HOST" in said
        assert "Traceback" not in said


@pytest.mark.skipif(os.geteuid() != 0 or "DOCKER_HOST" in os.environ, reason="needs to be root, who can become somebody without rights")
def test_without_rights_it_says_how_to_get_them():
    # It becomes nobody once everything is loaded, as nobody may be kept from this Python, too.
    steps = "import os, docker, docker.transport", "from erp_testkit.standins.containers.engine import connect"
    becomes_nobody = "os.setgroups([]); os.setgid(65534); os.setuid(65534); connect()"
    done = subprocess.run([sys.executable, "-c", "; ".join((*steps, becomes_nobody))], check=False, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "erp_testkit.domain.errors.EnvironmentFailure: "
        "Failed to reach a container engine: expected the right to use its socket, got permission denied. "
        "Next: sudo usermod -aG docker $USER, and log in again; or set DOCKER_HOST to the socket of a rootless engine"
    )


def test_an_image_of_the_kit_is_never_fetched_from_a_registry(ours):
    assert failure(ours, "erp-testkit/none") == (
        "Failed to start erp-testkit/none: expected the image here, got none. Next: erp-testkit images build none"
    )


def test_an_image_that_no_registry_has(ours):
    said = failure(ours, "localhost:1/none", of_kit=False)
    assert said.startswith("Failed to start localhost:1/none: expected the image here or in its registry, got neither (")
    assert said.endswith("Next: name one that can be had in [images] of erp-testkit.toml, or build it: erp-testkit images build --help")


def test_an_image_of_another_kit(ours):
    assert failure(ours, BASE) == (
        f"Failed to start {BASE}: expected the modules of this kit in it ({digest()}), got those of another (none). "
        "Next: erp-testkit images build"
    )


def test_a_base_that_cannot_be_had(project):
    process, said = run(project, "images", "build", "reference", "--base", "localhost:1/none")
    assert process.returncode == 3
    assert said.startswith("Failed to get image localhost:1/none: expected it here or in a registry, got ")
    assert said.endswith(f"Next: name one of your mirror as [images] base in erp-testkit.toml, or make one: {IMAGES / 'base-debian'}\n")


def test_an_image_called_what_no_image_can_be_called(project):
    settings = (project / "erp-testkit.toml").read_text(encoding="utf-8").replace(f'"{USED["partners"]}"', '"Not A Name"')
    (project / "erp-testkit.toml").write_text(settings, encoding="utf-8")
    process, said = run(project, "images", "build", "partners")
    assert process.returncode == 3
    assert said.startswith(f"Failed to build image partners on {BASE}: expected success, got ")
    assert "Traceback" not in said


def test_a_name_of_an_image_that_is_mistyped(project):
    process, said = run(project, "images", "build", "refrence")
    assert (process.returncode, said) == (
        2,
        "Failed to build image 'refrence': expected the name of one. Did you mean 'reference'? "
        "Valid values are: partners, postgres, reference, tryton.\n",
    )


def test_a_port_that_is_taken(ours, tiny, client):
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        said = failure(ours, tiny, command=["-m", "http.server", "8000"], host_port=port)
    assert said.startswith("Failed to start app: expected a container, got ")
    assert f":{port}" in said
    assert said.endswith("address already in use. Next: name another port, or none")
    assert on_network(client, ours) == []


def test_a_container_that_dies_at_once_is_told_with_its_last_words(ours, tiny, client):
    dies = "import sys; [print('line', n, file=sys.stderr) for n in range(20)]; sys.exit('no database')"
    said = failure(ours, tiny, command=["-c", dies])
    lines = "".join(f"\n  line {n}" for n in range(11, 20))
    assert said == (
        "Failed to start app: expected a container that answers, got exit status 1. "
        f"Next: see {ours.log('app')}; it last said:{lines}\n  no database"
    )
    assert ours.log("app").is_file()
    assert on_network(client, ours) == []


def test_a_container_that_never_answers(ours, tiny, client):
    said = failure(ours, tiny, command=["-u", "-c", "import signal; print('waiting'); signal.pause()"], seconds=1.0)
    assert said == (
        "Failed to start app: expected a container that answers, got no answer in 1 s. "
        f"Next: see {ours.log('app')}; it last said:\n  waiting"
    )
    assert on_network(client, ours) == []


def test_a_container_whose_disk_is_full(ours, tiny, client):
    said = failure(ours, tiny, command=["-c", "open('/dev/shm/all', 'wb').write(bytes(100_000_000))"])
    assert "got exit status 1" in said
    assert said.endswith("OSError: [Errno 28] No space left on device")
    assert on_network(client, ours) == []


@pytest.fixture
def small_engine():
    """An engine beside the one that runs, with a disk of 64 MB: its address, and what fills it."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs to be root, who can start an engine")
    # An engine has sockets below its folder, whose paths may not be long.
    with tempfile.TemporaryDirectory(prefix="engine-", dir="/tmp") as made:
        folder = Path(made)
        disk, sock = folder / "disk", folder / "sock"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=False).returncode:
            pytest.skip("needs the right to mount a disk")
        # In a network namespace of its own: without a bridge it would take the other engine's away.
        apart = ["unshare", "--net", "dockerd", "--bridge=none", "--iptables=false", "--ip6tables=false"]
        places = [f"--data-root={disk}", f"--exec-root={folder}/state", f"--pidfile={folder}/pid", f"--host=unix://{sock}"]
        with (folder / "log").open("wb") as log, subprocess.Popen([*apart, *places], stdout=log, stderr=log) as engine:
            try:
                wait_for(lambda: engine.poll() is not None or answering(sock))
                assert engine.poll() is None, (folder / "log").read_text(encoding="utf-8")
                yield f"unix://{sock}", lambda: fill(disk / "ballast")
            finally:
                engine.terminate()
                engine.wait(60)
                subprocess.run(["umount", "--lazy", disk], check=True)


def answering(sock):
    # An engine listens before it answers, and docker's client does not close what failed.
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(sock))
        probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
        return b" 200 " in probe.recv(64)
    return False


def fill(ballast):
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))


def test_an_engine_whose_disk_is_full(small_engine, project, monkeypatch):
    address, fill = small_engine
    monkeypatch.setenv("DOCKER_HOST", address)
    room = "no space left on device. Next: make room where the engine keeps its data: docker system df, then docker system prune"
    fleet = Fleet("small", this_process(), project, keep=False)
    fleet.make_network()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(project / "look.feature", "look")
    labelled = [f"LABEL {LABEL}digest={digest()}", 'CMD ["/look"]']
    fleet.client.api.import_image_from_data(packed.getvalue(), "small", "1", changes=labelled)
    fill()
    said = failure(fleet, "small:1")
    assert said.startswith("Failed to start app: expected a container, got ")
    assert said.endswith(room)
    process, said = run(project, "run", "--in", "containers", "look.feature")
    assert process.returncode == 3
    assert "Failed to make network erp-testkit-" in said
    assert said.splitlines()[-1].endswith(room), said


def test_one_that_answers_has_a_name_a_port_and_a_log(ours, tiny, client):
    ship = ours.start(tiny, alias="app", port=8000, ready=answers, command=["-u", "-m", "http.server", "8000"])
    assert ship.inside_url == "http://app:8000"
    assert [found.labels[OWNER] for found in on_network(client, ours)] == [this_process()]
    ours.stop()
    assert on_network(client, ours) == []
    assert '"GET /health HTTP/1.1" 404' in ship.log.read_text(encoding="utf-8")


@pytest.fixture
def keeping(client, tiny):
    """An image whose containers have a volume of their own, as those of databases have."""
    tag = f"{tiny}-keeping"
    client.images.build(fileobj=io.BytesIO(f"FROM {tiny}\nVOLUME /data\n".encode()), tag=tag, labels={f"{LABEL}digest": digest()}, rm=True)
    yield tag
    client.images.remove(tag, force=True)


def volumes(client):
    return {one.id for one in client.volumes.list()}


def volume_of(container):
    (mount,) = container.attrs["Mounts"]
    return mount["Name"]


def test_a_volume_goes_with_its_container(ours, keeping, client):
    ship = ours.start(keeping, alias="db", port=8000, ready=answers, command=["-u", "-m", "http.server", "8000"])
    volume = volume_of(ship.container.get_wrapped_container())
    assert volume in volumes(client)
    ours.stop()
    assert volume not in volumes(client)


def test_a_volume_the_dead_left_is_swept_with_its_container(keeping, client):
    dead = f"{this_process().split('_')[0]}_{os.getpid()}_1"
    volume = volume_of(client.containers.create(keeping, ["-c", "pass"], labels={OWNER: dead}))
    sweep(client)
    assert volume not in volumes(client)


def test_a_cable_is_found_while_other_workers_containers_go(ours, tiny, client):
    ship = ours.start(tiny, alias="app", port=8000, ready=answers, command=["-u", "-m", "http.server", "8000"])
    cables = Cables(client, ours._network, this_process())
    over = Event()

    def come_and_go():
        others = connect()
        while not over.is_set():
            others.containers.run(tiny, ["-c", "import signal; signal.pause()"], labels={OWNER: this_process()}, detach=True).remove(
                force=True
            )

    with ThreadPoolExecutor(2) as pool:
        going = [pool.submit(come_and_go) for _ in range(2)]
        try:
            assert {cables.link(ship.url).address for _ in range(400)} == {"http://app:8000"}
        finally:
            over.set()
        for one in going:
            one.result()
    cables.close()


def test_ryuk_is_started_for_who_asks_for_it(client, project):
    # Its image cannot be had everywhere; this one nowhere.
    process, said = run(
        project,
        *("run", "--profile", "postgres", "--in", "containers", "look.feature"),
        TESTCONTAINERS_RYUK_DISABLED="false",
        RYUK_CONTAINER_IMAGE="localhost:1/ryuk",
    )
    assert process.returncode == 3
    assert "Failed to start Ryuk: expected the container TESTCONTAINERS_RYUK_DISABLED=false asks for, got " in said
    assert left_by(client, process.pid) == []


def test_ryuk_alone_removes_what_a_killed_run_left(client, fresh, project):
    if not client.images.list(testcontainers_config.ryuk_image):
        pytest.skip(f"no image {testcontainers_config.ryuk_image}")
    (project / "conftest.py").write_text(LOOK.format(what="Path('begun').touch(); Event().wait()"), encoding="utf-8")
    process = start(project, "run", "--in", "containers", "look.feature", TESTCONTAINERS_RYUK_DISABLED="false")
    wait_for(lambda: (project / "begun").exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    (reaper,) = [int(found.parent.name) for found in Path("/proc").glob("[0-9]*/cmdline") if f"_{process.pid}_" in command(found)]
    os.kill(reaper, signal.SIGKILL)
    process.kill()
    process.communicate(timeout=60)
    assert left_by(client, process.pid) != []
    wait_for(lambda: left_by(client, process.pid) == [])


def test_ryuk_is_not_let_near_what_is_to_stay(tmp_path, monkeypatch, client):
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "false")
    monkeypatch.setattr(testcontainers_config, "ryuk_image", "localhost:1/ryuk")
    fleet = Fleet(f"erp-testkit-test-{time.monotonic_ns()}", this_process(), tmp_path, keep=True)
    fleet.make_network()
    network = client.networks.get(fleet._network)
    network.remove()
    assert network.attrs["Labels"] == {OWNER: this_process(), KEPT: "true"}


def test_a_sweep_takes_what_the_dead_left_and_nothing_else(client, tiny):
    here = this_process().split("_")[0]
    dead = f"{here}_{os.getpid()}_1"
    owners = {"dead": dead, "alive": this_process(), "elsewhere": f"0.0_{os.getpid()}_1"}
    made = {name: client.containers.create(tiny, ["-c", "pass"], labels={OWNER: owner}) for name, owner in owners.items()}
    made["kept"] = client.containers.create(tiny, ["-c", "pass"], labels={OWNER: dead, KEPT: "true"})
    network = client.networks.create("erp-testkit-test-dead", labels={OWNER: dead})
    try:
        sweep(client)
        there = {one.id for one in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)}
        assert [name for name, one in made.items() if one.id in there] == ["alive", "elsewhere", "kept"]
        assert network.id not in {one.id for one in client.networks.list()}
    finally:
        for name in ("alive", "elsewhere", "kept"):
            made[name].remove()


def test_an_owner_is_alive_as_long_as_its_process():
    assert is_alive(this_process())
    with subprocess.Popen(["sleep", "60"]) as other:
        here, _, started = this_process().split("_")
        assert not is_alive(f"{here}_{other.pid}_{started}"), "another process has this id"
        assert is_alive("somebody else's label")
        other.kill()


def test_a_run_leaves_nothing_but_its_evidence(client, fresh, project):
    process, said = run(project, "run", "--profile", "postgres", "--in", "containers", "look.feature")
    assert process.returncode == 0, said
    assert left_by(client, process.pid) == []
    (run_folder,) = (project / ".erp-testkit" / "runs").iterdir()
    manifest = json.loads((run_folder / "manifest.json").read_text(encoding="utf-8"))
    assert [one.partition("@sha256:")[0] for one in manifest["containers"]] == sorted(
        USED[name] for name in ("partners", "postgres", "reference", "tryton") if client.images.list(USED[name])
    )
    assert "ready to accept connections" in (run_folder / "logs" / "db-main.log").read_text(encoding="utf-8")


COMPLAIN = """
import docker
from erp_testkit.standins.containers.reaper import OWNER, this_process
ours = {"label": f"{OWNER}={this_process()}"}
(erp,) = docker.from_env().containers.list(filters=ours)
erp.exec_run(["sh", "-c", "echo out of memory >/proc/1/fd/2"])
(log,) = Path(".erp-testkit/containers").glob("*/erp-main.log")
while "memory" not in log.read_text():
    pass
raise AssertionError("expected an answer, got none")
"""


def test_a_failing_scenario_shows_what_the_erp_wrote_meanwhile(client, fresh, project):
    (project / "conftest.py").write_text(LOOK.format(what=COMPLAIN.replace("\n", "\n    ")), encoding="utf-8")
    process, said = run(project, "run", "--in", "containers", "look.feature")
    assert process.returncode == 1, said
    assert " log of erp " in said
    assert said.count("out of memory") == 1
    (run_folder,) = (project / ".erp-testkit" / "runs").iterdir()
    attached = [file.read_text(encoding="utf-8") for file in (run_folder / "allure-results").glob("*-attachment.txt")]
    assert [text.strip() for text in attached if "memory" in text] == ["out of memory"]
    assert left_by(client, process.pid) == []


def test_a_start_that_fails_leaves_nothing(client, tiny, project):
    (project / "erp-testkit.toml").write_text(
        SETTINGS.replace(f'postgres = "{USED["postgres"]}"', f'postgres = "{tiny}"'), encoding="utf-8"
    )
    process, said = run(project, "run", "--profile", "postgres", "--in", "containers", "look.feature")
    assert process.returncode == 3, said
    assert "Failed to start db: expected a container that answers, got exit status 0. Next: see " in said
    assert "it last said: nothing" in said
    assert left_by(client, process.pid) == []


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, "0"), (signal.SIGTERM, "0"), (signal.SIGKILL, "0"), (signal.SIGKILL, "2")])
def test_a_run_that_is_ended_leaves_nothing(client, fresh, project, number, workers):
    (project / "conftest.py").write_text(LOOK.format(what="Path('begun').touch(); Event().wait()"), encoding="utf-8")
    process = start(project, "run", "--in", "containers", "-n", workers, "look.feature")
    wait_for(lambda: (project / "begun").exists() or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    assert left_by(client, process.pid) != []
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == (-9 if number == signal.SIGKILL else 3), said
    wait_for(lambda: left_by(client, process.pid) == [])


def test_what_is_to_be_kept_stays_until_it_is_removed_as_the_run_says(client, fresh, project):
    process, said = run(project, "run", "--in", "containers", "--keep", "look.feature")
    try:
        assert process.returncode == 0, said
        assert len(left_by(client, process.pid)) == 2
        sweep(client)
        assert len(left_by(client, process.pid)) == 2
    finally:
        subprocess.run(["bash", "-c", said.rpartition("Next: ")[2].splitlines()[0]], check=True, capture_output=True)
    assert left_by(client, process.pid) == []


# Podman's own limits are more than a machine inside another may set, and crun asks for cgroups of one kind.
PODMAN = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]

[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
"""


@pytest.fixture
def podman(client, fresh):
    """The address of Podman's socket, with the image of the ERP behind it."""
    if os.geteuid() != 0 or shutil.which("podman") is None or shutil.which("runc") is None:
        pytest.skip("needs Podman with runc, and to be root")
    # Podman takes no long paths.
    with tempfile.TemporaryDirectory(prefix="podman-", dir="/tmp") as made:
        folder = Path(made)
        (folder / "containers.conf").write_text(PODMAN, encoding="utf-8")
        environment = {**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")}
        command = ["podman", f"--root={folder}/root", f"--runroot={folder}/run", "--events-backend=file"]

        def does(*arguments):
            return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, check=False)

        with (folder / "image.tar").open("wb") as file:
            file.writelines(client.images.get(USED["reference"]).save(named=True))
        loaded = does("load", "--input", str(folder / "image.tar"))
        assert loaded.returncode == 0, loaded.stderr
        tried = does("run", "--rm", "--network=none", "--entrypoint=true", f"localhost/{USED['reference']}")
        if tried.returncode:
            pytest.skip(f"Podman starts no containers here: {tried.stderr.strip()}")
        serve = [*command, "system", "service", "--time=0", f"unix://{folder}/sock"]
        with (folder / "log").open("wb") as log, subprocess.Popen(serve, env=environment, stdout=log, stderr=log) as service:
            wait_for(lambda: service.poll() is not None or answering(folder / "sock"))
            yield f"unix://{folder}/sock"
            service.terminate()
        does("system", "reset", "--force")


def test_podmans_socket_serves_as_well(podman, project):
    shutil.copy(ROOT / "features" / "en" / "sales.feature", project)
    direct = {"DOCKER_HOST": podman, "TESTCONTAINERS_CONNECTION_MODE": "docker_host"}
    process, said = run(project, "run", "--in", "containers", "sales.feature", "-k", "SO or order", **direct)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    with closing(docker.DockerClient(podman)) as other:
        assert left_by(other, process.pid) == []
    process, said = run(project, "run", "--in", "containers", "look.feature", **{**direct, "TESTCONTAINERS_CONNECTION_MODE": "gateway_ip"})
    assert process.returncode == 3, said
    assert said.splitlines()[-1] == (
        "ERROR: Failed to start erp-main: expected the engine to say where it is reached, got no 'HostConfig'. "
        "Next: export TESTCONTAINERS_CONNECTION_MODE=docker_host"
    )
    with closing(docker.DockerClient(podman)) as other:
        assert left_by(other, process.pid) == []


TESTS = """
import socket
import urllib.request


def test_the_erp_answers(erp_container):
    with urllib.request.urlopen(f"{erp_container.url}/health") as answer:
        assert answer.status == 200


def test_partners_answer(partner_containers):
    assert sorted(partner_containers) == ["carrier", "udi", "wms"]
    assert [partner.received() for partner in partner_containers.values()] == [[], [], []]


def test_a_database(postgres_url):
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("select current_database()").fetchone() == ("own",)
"""


def test_the_same_containers_are_fixtures_for_tests_of_ones_own(client, fresh, tmp_path):
    (tmp_path / "pyproject.toml").write_text(f"[tool.erp_testkit.images]\n{NAMED}", encoding="utf-8")
    (tmp_path / "test_own.py").write_text(TESTS, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "test_own.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    said = process.communicate(timeout=120)[0]
    assert process.returncode == 0, said
    assert left_by(client, process.pid) == []


def test_containers_of_the_compose_file_answer(ours, fresh):
    """Without docker compose, which not every machine has: its services are started as the file says, with the kit's own means."""
    services = yaml.safe_load((ROOT / "images" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    listens = lambda ship: ship.container.exec(services["db"]["healthcheck"]["test"][1:]).exit_code == 0  # noqa: E731
    ours.start(USED["postgres"], alias="db", port=5432, ready=listens, environment=services["db"]["environment"], of_kit=False)
    for name, image in (("erp", USED["reference"]), ("wms", USED["partners"])):
        service = services[name]
        assert ours.start(image, alias=name, port=8000, ready=answers, command=service["command"], environment=service.get("environment"))
