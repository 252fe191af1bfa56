"""erp-testkit init: a starter project that is complete, explains itself and runs."""

import os
import re

import pytest
from click.testing import CliRunner

from erp_testkit import __version__, shipped
from erp_testkit.cli.init import command
from erp_testkit.config import load_config
from erp_testkit.domain.errors import UsageError
from erp_testkit.rules.rule import load_rules

FILES = ["conftest.py", "erp-testkit.toml", "features/receiving.feature", "rules/bin-not-overfull.sql"]


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_starter_project_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["shop"])
    assert result.exit_code == 0
    assert result.output == (
        "wrote shop/erp-testkit.toml\n"
        "wrote shop/conftest.py\n"
        "wrote shop/features/receiving.feature\n"
        "wrote shop/rules/bin-not-overfull.sql\n"
        "Next: cd shop && erp-testkit run features\n"
    )
    assert files_in(tmp_path / "shop") == FILES


def test_it_is_written_into_the_current_folder_unless_another_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(command).output.endswith("\nNext: erp-testkit run features\n")
    assert files_in(tmp_path) == FILES


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "conftest.py").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == (
        f"Failed to write a starter project into {tmp_path}: expected none of its files there, got conftest.py. "
        "Next: erp-testkit init another-folder"
    )
    assert files_in(tmp_path) == ["conftest.py"]


PIPELINES = {
    "github": ".github/workflows/erp-gate.yml",
    "gitlab": ".gitlab-ci.yml",
    "azure": "azure-pipelines.yml",
    "jenkins": "Jenkinsfile",
    "kubernetes": "ci/kubernetes.yaml",
}


@pytest.mark.parametrize("ci", PIPELINES)
def test_a_pipeline_is_written_where_its_product_looks_for_it(tmp_path, ci):
    result = CliRunner().invoke(command, [str(tmp_path), "--ci", ci])
    assert result.exit_code == 0
    steps = {f"ci/steps/{file.name}" for file in (shipped.PIPELINES / "steps").iterdir()}
    assert set(files_in(tmp_path)) == {PIPELINES[ci], *steps, "ci/requirements.txt"}
    assert result.output.endswith("\nNext: write ci/deploy COMMIT ENVIRONMENT, which is yours; see: erp-testkit docs pipelines\n")
    called = set(re.findall(r"ci/steps/[\w-]+", (tmp_path / PIPELINES[ci]).read_text(encoding="utf-8")))
    assert called and all(os.access(tmp_path / step, os.X_OK) for step in called)
    assert (tmp_path / "ci/requirements.txt").read_text(encoding="utf-8") == f"erp-testkit[all]=={__version__}\n"


def test_a_pipeline_that_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "Jenkinsfile").write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path), "--ci", "jenkins"])
    assert str(result.exception) == (
        f"Failed to write a pipeline into {tmp_path}: expected none of its files there, got Jenkinsfile. "
        "Next: erp-testkit init --ci jenkins another-folder"
    )
    assert files_in(tmp_path) == ["Jenkinsfile"]


def test_every_file_of_the_starter_is_written():
    assert files_in(shipped.FIXTURES / "starter") == FILES


def test_its_configuration_and_rule_are_right(tmp_path):
    CliRunner().invoke(command, [str(tmp_path)])
    config = load_config(tmp_path)
    assert config.profile().adapter == "reference"
    assert "bin-not-overfull" in {rule.id for rule in load_rules(config.rules)}


@pytest.mark.parametrize("commented", [False, True], ids=["as written", "with the second profile"])
def test_the_commented_profile_is_right_too(tmp_path, commented):
    CliRunner().invoke(command, [str(tmp_path)])
    file = tmp_path / "erp-testkit.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    start = lines.index("# [profiles.uat]")
    if commented:
        (tmp_path / "known.toml").touch()
        lines[start:] = [line.removeprefix("# ").removeprefix("#") for line in lines[start:]]
        file.write_text("\n".join(lines), encoding="utf-8")
    profiles = load_config(tmp_path).profiles
    assert list(profiles) == (["reference", "uat"] if commented else ["reference"])


def test_the_starter_project_runs_at_once(pytester, monkeypatch, rule_cache):
    from erp_projects import KIT, summary

    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (pytester.path / ".erp-testkit").mkdir()
    (pytester.path / ".erp-testkit" / "cache").symlink_to(rule_cache)
    assert pytester.run(KIT, "init").ret == 0
    result = pytester.run(KIT, "run", "features", "-p", "no:randomly")
    assert result.ret == 0
    assert summary(result)[:2] == ["Area       kept  broken  known  not covered", "Receiving     1       0      0            0"]
