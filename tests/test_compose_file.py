"""The compose file starts what a run in containers starts; what it says is held against the same definitions."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from erp_testkit.config import Images
from erp_testkit.domain.documents import Role
from erp_testkit.standins.containers.images import DOCKERFILES
from erp_testkit.standins.containers.shared_services import DATABASE
from erp_testkit.standins.partners import CONTROL, PARTNERS, SECRET, TOKEN
from erp_testkit.standins.reference.users import USERS

FILE = Path(__file__).parent.parent / "images" / "compose.yaml"
SERVICES = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
IMAGE_OF = {DATABASE: "postgres", "erp": "reference", **dict.fromkeys(PARTNERS, "partners")}


def test_it_is_a_compose_file():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_starts_database_erp_and_partners_from_the_same_images():
    assert {name: service["image"] for name, service in SERVICES.items()} == {
        name: f"${{ERP_TESTKIT_{image.upper()}:-{getattr(Images(), image)}}}" for name, image in IMAGE_OF.items()
    }


def test_it_leads_to_the_ports_of_the_images_from_this_machine_only():
    for name in set(SERVICES) - {DATABASE}:
        host, _, inside = SERVICES[name]["ports"][0].split(":")
        assert host == "127.0.0.1"
        assert f"EXPOSE {inside}\n" in (DOCKERFILES / f"{IMAGE_OF[name]}.Dockerfile").read_text(encoding="utf-8")


def test_it_asks_the_database_as_its_image_does():
    test = SERVICES[DATABASE]["healthcheck"]["test"]
    assert f"CMD {json.dumps(test[1:])}\n" in (DOCKERFILES / "postgres.Dockerfile").read_text(encoding="utf-8")


def test_it_says_which_partner_and_its_secrets():
    for name in PARTNERS:
        assert SERVICES[name]["command"] == ["--partner", name]
        assert set(SERVICES[name]["environment"]) == {TOKEN, SECRET, CONTROL}


def test_it_says_who_can_sign_in():
    manager = USERS[Role.MANAGER]
    assert f"{manager.name} signs in with {manager.password}" in FILE.read_text(encoding="utf-8")


def test_its_erp_knows_the_database():
    user, password = (SERVICES[DATABASE]["environment"][name] for name in ("POSTGRES_USER", "POSTGRES_PASSWORD"))
    assert SERVICES["erp"]["command"] == ["--database", f"postgresql://{user}:{password}@{DATABASE}:5432/{user}", "--create"]
