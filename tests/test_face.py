"""The public face: what people who write adapters, steps and tests import, and nothing behind it."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import erp_testkit
from erp_testkit.domain import documents
from erp_testkit.erp import ports

ROOT = Path(__file__).parent.parent
PUBLIC = ("erp_testkit.adapter", "erp_testkit.fixtures", "erp_testkit.steps")
FENCE = re.compile(r"^```python[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
CODE = [*(ROOT / "docs" / "examples").glob("*.py"), *(ROOT / "fixtures" / "starter").rglob("*.py")]


def imports(text):
    """Yield module and name of everything of the kit that a piece of Python imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


def pieces():
    for page in SHOWN:
        for number, block in enumerate(FENCE.findall(page.read_text(encoding="utf-8"))):
            yield pytest.param(block, id=f"{page.name}-{number}")
    for file in CODE:
        yield pytest.param(file.read_text(encoding="utf-8"), id=file.name)


@pytest.mark.parametrize("text", list(pieces()))
def test_what_is_shown_imports_public_names_only(text):
    for module, name in imports(text):
        if module.partition(".")[0] == "erp_testkit":
            assert module in PUBLIC, f"{module} is private"
            assert name in importlib.import_module(module).__all__, f"{module} does not name {name} in __all__"


def test_something_shown_imports_each_public_module():
    assert {module for piece in pieces() for module, _ in imports(piece.values[0]) if module.startswith("erp_testkit")} == set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_has_what_it_names(name):
    module = importlib.import_module(name)
    assert all(hasattr(module, one) for one in module.__all__)


def test_an_adapter_finds_every_port_and_every_document_in_one_place():
    def own(module):
        return {name for name, one in vars(module).items() if inspect.isclass(one) and one.__module__ == module.__name__}

    assert own(ports) | own(documents) <= set(importlib.import_module("erp_testkit.adapter").__all__)


def test_the_version_is_that_of_the_package():
    assert erp_testkit.__version__ == version("erp-testkit")


def test_the_types_of_the_face_reach_the_people_who_use_it(tmp_path):
    wrong = tmp_path / "adapter_of_mine.py"
    wrong.write_text(
        "from erp_testkit.adapter import Reason, Refused\nfrom erp_testkit.steps import given\n\nraise Refused(Reason.STOCK, 7)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", f"--cache-dir={tmp_path / 'cache'}", wrong],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        'adapter_of_mine.py:4: error: Argument 2 to "Refused" has incompatible type "int"; expected "str"  [arg-type]',
        "Found 1 error in 1 file (checked 1 source file)",
    ]


def test_the_lock_pins_what_pyproject_asks_for():
    """`ci/lock` was run after the last change of dependencies."""
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "ci" / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in project["project"]["optional-dependencies"].values() for one in extra),
        *project["dependency-groups"]["dev"],
    ]
    for requirement in map(Requirement, asked):
        name = requirement.name.lower().replace("_", "-")
        if name != "erp-testkit":
            assert name in pinned and pinned[name] in requirement.specifier, f"{requirement}, and the lock has {pinned.get(name)}"
