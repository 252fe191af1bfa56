"""Every code block of README and docs is executed, in order, page by page, in an empty folder.

What stands behind the language says what a block is:

- ``file=NAME``: the block is a file; it is written before the next block runs.
- ``bash``: is run; must end well, or with the exit code in ``exit=N``.
- ``python``: is run by a Python of its own.
- ``console``: commands of this repository's front door; they run in `.ci/run`, not here, and the test holds them against it.
- ``text``: shows output; nothing to run.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(path for path in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_BY_CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    language: str
    options: dict[str, str]
    text: str
    line: int


def blocks(page):
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[1], dict(option.split("=", 1) for option in match[2].split()), match[3], text.count("\n", 0, match.start()) + 1)
        for match in FENCE.finditer(text)
    ]


def run(arguments, folder, block, page):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(arguments, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    expected = int(block.options.get("exit", "0"))
    assert done.returncode == expected, (
        f"Failed to run {page.name}:{block.line}: expected exit code {expected}, got {done.returncode}.\n{done.stdout}\n{done.stderr}"
    )


def execute(block, folder, page):
    if "file" in block.options:
        target = folder / block.options["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
    elif block.language == "bash":
        run(["bash", "-euo", "pipefail", "-c", block.text], folder, block, page)
    elif block.language == "python":
        run([sys.executable, "-W", "error", "-c", block.text], folder, block, page)
    elif block.language == "console":
        for command in block.text.splitlines():
            assert command.removeprefix("$ ") in RUN_BY_CI, f"{page.name}:{block.line}: .ci/run does not run {command!r}"
    else:
        assert block.language == "text", f"{page.name}:{block.line}: expected a block that is run or 'text', got '{block.language}'"


@pytest.mark.parametrize("page", [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES if blocks(page)])
def test_every_block_of_a_page_does_what_the_page_says(page, tmp_path):
    for block in blocks(page):
        execute(block, tmp_path, page)


def test_every_fence_is_read_as_a_block():
    for page in PAGES:
        fences = re.findall(r"^```", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), f"{page.name} has a fence without a language, or one that is not closed"
