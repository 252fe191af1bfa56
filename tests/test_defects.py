"""Defects of the reference ERP, and the fault cases that explain them."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

import erp_testkit.standins.reference.api.app  # noqa: F401  # imports every service
from erp_testkit import shipped
from erp_testkit.domain.errors import UsageError
from erp_testkit.domain.findings import Severity
from erp_testkit.standins.reference import defects as package
from erp_testkit.standins.reference.defects import defects, install
from erp_testkit.standins.reference.services import registry

DEFECTS = defects()
CASES = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in (shipped.FIXTURES / "fault_cases").glob("*.toml")}
AREAS = {"sales", "outbound", "stock", "traceability", "returns", "audit", "interfaces"}
TEXTS = ("id", "title", "title_zh", "area", "severity", "symptom", "diagnosis", "cause", "source")
LISTS = ("steps", "cautions")
SERVICES = Path(registry.__file__).parent


def test_there_are_defects_enough() -> None:
    assert len(DEFECTS) >= 84 + 25


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_wraps_one_service_and_says_what_is_wrong(name: str) -> None:
    defect = DEFECTS[name]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name)
    assert defect.wraps in registry.service_names()
    assert (defect.wrapper.__doc__ or "").rstrip().endswith(".")
    assert "\n" not in (defect.wrapper.__doc__ or "")


def test_every_defect_has_its_fault_case_and_every_fault_case_its_defect() -> None:
    assert set(CASES) == set(DEFECTS)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_case_is_complete(name: str) -> None:
    case = CASES[name]
    assert set(case) == {*TEXTS, *LISTS}
    assert case["id"] == name
    assert case["area"] in AREAS
    assert case["severity"] in tuple(Severity)
    assert all(isinstance(case[key], str) and case[key].strip() for key in TEXTS)
    assert all(case[key] and all(isinstance(text, str) and text.endswith(".") for text in case[key]) for key in LISTS)
    assert re.search(r"[\u4e00-\u9fff]", case["title_zh"])


def test_fault_cases_are_told_apart_by_their_titles() -> None:
    assert len({case["title"] for case in CASES.values()}) == len(CASES)
    assert len({case["title_zh"] for case in CASES.values()}) == len(CASES)


@pytest.mark.parametrize("file", sorted(SERVICES.glob("*.py")), ids=lambda file: file.stem)
def test_no_service_knows_of_defects(file: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
    }
    assert not [name for name in imported if package.__name__ in name or name == "defects"]


def test_an_unknown_defect_is_refused_with_the_closest() -> None:
    with pytest.raises(UsageError) as refused:
        install(["note-field-shifted"], None)  # type: ignore[arg-type]  # it fails before it needs one
    assert str(refused.value) == (
        "Failed to switch on defect 'note-field-shifted': expected the name of one. Did you mean 'note-fields-shifted'? "
        f"Valid values are: {', '.join(sorted(DEFECTS))}."
    )


def test_the_published_matrix_names_every_defect_once_as_it_is() -> None:
    page = (shipped.ROOT / "docs" / "qualification.md").read_text(encoding="utf-8")
    published = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", page, re.MULTILINE)
    assert sorted(published) == sorted((name, defect.wrapper.__doc__) for name, defect in DEFECTS.items())
