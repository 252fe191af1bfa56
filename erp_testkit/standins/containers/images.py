"""Building the images of the stand-ins, from a source tree or from an installed kit alike.

An image is a base with Python (``[images] base``), the libraries its stand-in needs as wheels, and the kit's own modules. Wheels are
fetched here and brought along, so the build itself needs neither network nor a package index's certificate.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from erp_testkit import shipped
from erp_testkit.domain.errors import EnvironmentFailure

if TYPE_CHECKING:
    from docker import DockerClient

DOCKERFILES = shipped.IMAGES
LABEL = "io.erp-testkit."
"""What the kit's labels begin with: of an image ``version`` and ``digest`` of the kit's modules, and ``libraries``, a digest of their
releases; of a container ``owner`` and ``kept``."""
_PACKAGE = Path(shipped.__file__).parent
_RUNNING = ("domain", "erp", "standins")
"""Packages whose modules run in the images."""
_WITH_KIT = ("reference", "partners")
"""Images that hold modules of the kit."""
_SHOWN_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An image that was built."""

    name: str
    tag: str
    bytes: int
    base_bytes: int
    seconds: float

    def __str__(self) -> str:
        """Say what came of it."""
        above = self.bytes - self.base_bytes
        return f"{self.name:<10} {self.tag:<28} {self.bytes / 1e6:4.0f} MB, {above / 1e6:4.0f} MB above its base, {self.seconds:5.1f} s"


def digest() -> str:
    """Return twelve digits that change with what runs in the images."""
    modules = (file for part in _RUNNING for file in (_PACKAGE / part).rglob("*.py"))
    files = [*modules, *_PACKAGE.glob("*.py"), *(shipped.CONTRACTS / "openapi").glob("*.yaml"), *DOCKERFILES.glob("*")]
    hashed = hashlib.sha256()
    for file in sorted(path for path in files if path.is_file()):
        hashed.update(file.name.encode() + file.read_bytes())
    return hashed.hexdigest()[:12]


def build(client: DockerClient, name: str, tag: str, base: str) -> Built:
    """Build one image.

    Args:
        client: the engine.
        name: of the stand-in, as its Dockerfile.
        tag: what to call the image.
        base: image to build on.

    Raises:
        EnvironmentFailure: the base cannot be had, a library cannot be fetched, or the build fails.
    """
    started = time.perf_counter()
    base_bytes = _size(client, base)
    with tempfile.TemporaryDirectory(prefix="erp-testkit-image-") as folder:
        context = Path(folder)
        for file in DOCKERFILES.glob(f"{name}*"):
            shutil.copy(file, context)
        if (context / f"{name}.txt").exists():
            _add_wheels(context, name, _python_of(client, base))
        if name in _WITH_KIT:
            _add_kit(context / "kit" / "erp_testkit")
        _run_build(client, context, name, tag, base)
    seconds = time.perf_counter() - started
    return Built(name=name, tag=tag, bytes=_size(client, tag), base_bytes=base_bytes, seconds=seconds)


def _size(client: DockerClient, tag: str) -> int:
    from docker.errors import DockerException, ImageNotFound  # loaded by now

    try:
        try:
            image = client.images.get(tag)
        except ImageNotFound:
            image = client.images.pull(tag)
    except DockerException as error:
        raise EnvironmentFailure(
            f"Failed to get image {tag}: expected it here or in a registry, got {_first_line(error)}. "
            "Next: name one of your mirror as [images] base in erp-testkit.toml, or make one: "
            f"{DOCKERFILES / 'base-debian'}"
        ) from error
    return int(image.attrs["Size"])


def _python_of(client: DockerClient, base: str) -> str:
    """Return the version of the base's Python, such as ``3.12``."""
    from docker.errors import DockerException  # loaded by now

    command = ["python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        said: bytes = client.containers.run(base, command, entrypoint="", remove=True, network_disabled=True)
    except DockerException as error:
        raise EnvironmentFailure(f"Failed to build on {base}: expected an image with python3, got {_first_line(error)}.") from error
    return said.decode().strip()


def _add_wheels(context: Path, name: str, python: str) -> None:
    """Fetch what a stand-in needs, at the versions that are installed here."""
    wanted = [line.strip() for line in (context / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line.strip()]
    (context / "requirements.txt").write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
    pinned = context / "installed.txt"
    pinned.write_text("".join(f"{one}=={release}\n" for one, release in _installed(wanted).items()), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={python}")
    what = ("--constraint", str(pinned), "--requirement", str(context / "requirements.txt"), "pip")
    done = subprocess.run([*pip, "--dest", str(context / "wheels"), *what], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise EnvironmentFailure(f"Failed to fetch the libraries of image {name}: expected wheels for Python {python}, got: {said}")


def _installed(names: list[str]) -> Mapping[str, str]:
    """Return the releases of some libraries and of all they need, as they are installed here."""
    found: dict[str, str] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        if wanted.name in found:
            continue
        try:
            found[wanted.name] = version(wanted.name)
        except PackageNotFoundError:
            continue  # an extra that is not used here
        extras = ("", *wanted.extras)
        needs = [Requirement(text) for text in requires(wanted.name) or ()]
        waiting += [need for need in needs if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)]
    return found


def _add_kit(target: Path) -> None:
    shutil.copytree(_PACKAGE, target, ignore=shutil.ignore_patterns("__pycache__", "_shipped"))
    shutil.copytree(shipped.CONTRACTS, target / "_shipped" / "contracts")


def _run_build(client: DockerClient, context: Path, name: str, tag: str, base: str) -> None:
    wheels = sorted(file.name for file in context.glob("wheels/*"))
    labels = {
        f"{LABEL}version": version("erp-testkit"),
        f"{LABEL}digest": digest(),
        f"{LABEL}libraries": hashlib.sha256("\n".join(wheels).encode()).hexdigest()[:12],
    }
    from docker.errors import DockerException  # loaded by now

    lines: list[str] = []
    # The builder of old engines knows no mounts and no here-documents; the Dockerfiles do without.
    try:
        steps: Any = client.api.build(
            path=str(context),
            dockerfile=f"{name}.Dockerfile",
            tag=tag,
            buildargs={"BASE": base},
            labels=labels,
            rm=True,
            forcerm=True,
            decode=True,
        )
    except DockerException as error:
        raise EnvironmentFailure(f"Failed to build image {name} on {base}: expected success, got {_first_line(error)}.") from error
    for step in steps:
        lines += str(step.get("stream", "")).splitlines()
        if "error" in step:
            said = "\n".join(f"  {line}" for line in [line for line in lines if line.strip()][-_SHOWN_LINES:])
            raise EnvironmentFailure(f"Failed to build image {name} on {base}: expected success, got {step['error'].strip()}\n{said}")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "explanation", None) or error).strip().splitlines()[0]
