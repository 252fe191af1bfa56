"""Walk through an installed kit in an empty folder: ``ci/walk.py BIN EXTRA``, with its environment's scripts and what was installed.

With the reference ERP, the README's blocks are run word by word; without, its command says the line to type. What needs another missing
extra says so, too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
FENCE = re.compile(r"^```(bash|gherkin)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPENAPI = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {/things: {get: {responses: {'200': {description: All.}}}}}\n"
MISSING = {
    "reference": ("run features", "erp-testkit[reference]"),
    "contracts": ("standin from-contract shop.yaml --port 1", "erp-testkit[contracts]"),
    "containers": ("run --in containers features", "erp-testkit[containers]"),
    "tryton": ("run --erp tryton features", "erp-testkit[tryton]"),
}


def main(scripts: Path, extra: str) -> None:
    """Do it, or end with what went wrong."""
    there = set(MISSING) | {"report"} if extra == "all" else {extra}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The embedded PostgreSQL is another user where this is root, and needs to enter.
        folder.chmod(0o755)
        if "reference" in there:
            walk(scripts, folder)
        else:
            kit(scripts, folder, "init shop", 0)
        (folder / "shop" / "shop.yaml").write_text(OPENAPI, encoding="utf-8")
        kit(scripts, folder, "docs", 0, "mappings")
        for lacking, (command, said) in MISSING.items():
            if lacking not in there:
                kit(scripts, folder / "shop", command, 3, f"pip install '{said}'")
    print(f"ci: [{extra}] walked through")


def walk(scripts: Path, folder: Path) -> None:
    """Run the blocks of the README, each where the one before has ended."""
    here = folder
    for language, options, text in FENCE.findall(README.read_text(encoding="utf-8")):
        if language == "gherkin":
            (folder / options.strip().removeprefix("file=")).write_text(text, encoding="utf-8")
        else:
            run(["bash", "-euo", "pipefail", "-c", text], scripts, here, 0)
        here = folder / "shop"


def kit(scripts: Path, folder: Path, command: str, code: int, said: str = "") -> None:
    """Run a command of the kit."""
    run([str(scripts / "erp-testkit"), *command.split()], scripts, folder, code, said)


def run(command: list[str], scripts: Path, folder: Path, code: int, said: str = "") -> None:
    """Run a command, which must end with a code and have said something."""
    environ = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != code or said not in done.stdout + done.stderr:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        sys.exit(f"ci: {' '.join(command)}: expected exit code {code} and '{said}', got {done.returncode}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
