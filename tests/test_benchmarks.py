"""Every benchmark runs, over little data: what its figures are is not looked at."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "common"))
def test_a_benchmark_runs(name, tmp_path):
    figures = tmp_path / "figures.json"
    command = [sys.executable, FOLDER / f"{name}.py", "--small", "--json", figures]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert figures.stat().st_size > 0
