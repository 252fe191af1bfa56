"""``erp-testkit init``: a commented starter project that runs at once, or the pipeline of a project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from erp_testkit import __version__, shipped
from erp_testkit.domain.errors import UsageError

_STARTER = ("erp-testkit.toml", "conftest.py", "features/receiving.feature", "rules/bin-not-overfull.sql")
_TEMPLATES = {
    "github": ("github.yml", ".github/workflows/erp-gate.yml"),
    "gitlab": ("gitlab.yml", ".gitlab-ci.yml"),
    "azure": ("azure.yml", "azure-pipelines.yml"),
    "jenkins": ("Jenkinsfile", "Jenkinsfile"),
    "kubernetes": ("kubernetes.yaml", "ci/kubernetes.yaml"),
}


@click.command
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--ci", type=click.Choice(list(_TEMPLATES)), help="Write the pipeline for this product instead, and the steps it calls.")
def command(folder: Path, ci: str | None) -> None:
    """Write a starter project into FOLDER: configuration, one scenario, one step and one rule of your own, with comments.

    It runs at once, against the reference ERP (pip install 'erp-testkit[reference]'). With --ci, a pipeline is written instead, where its
    product looks for it. Nothing that exists is overwritten.
    """
    files, what = (_pipeline(ci), "a pipeline") if ci else (_starter(), "a starter project")
    present = [name for name in files if (folder / name).exists()]
    if present:
        raise UsageError(
            f"Failed to write {what} into {folder}: expected none of its files there, got {', '.join(present)}. "
            f"Next: {f'erp-testkit init --ci {ci}' if ci else 'erp-testkit init'} another-folder"
        )
    for name, text in files.items():
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            if text.startswith("#!"):
                target.chmod(0o755)
        except OSError as error:
            raise UsageError(f"Failed to write {target}: expected a folder that can be written, got {error.strerror}.") from error
        click.echo(f"wrote {target}")
    change = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    click.echo(
        "Next: write ci/deploy COMMIT ENVIRONMENT, which is yours; see: erp-testkit docs pipelines"
        if ci
        else f"Next: {change}erp-testkit run features"
    )


def _starter() -> Mapping[str, str]:
    return {name: (shipped.FIXTURES / "starter" / name).read_text(encoding="utf-8") for name in _STARTER}


def _pipeline(ci: str) -> Mapping[str, str]:
    """Return a template under the name its product looks for, the steps, and what their `install` installs."""
    template, target = _TEMPLATES[ci]
    steps = sorted((shipped.PIPELINES / "steps").iterdir())
    return {
        target: (shipped.PIPELINES / template).read_text(encoding="utf-8"),
        **{f"ci/steps/{step.name}": step.read_text(encoding="utf-8") for step in steps},
        "ci/requirements.txt": f"erp-testkit[all]=={__version__}\n",
    }
