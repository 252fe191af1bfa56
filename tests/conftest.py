"""What all tests share: pytester, small projects, the reference ERP, and a temporary folder of this session's own."""

import shutil
import tempfile

import pytest

pytest_plugins = ["pytester", "erp_projects", "reference_erp", "partner_standins"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # Run as root, the embedded PostgreSQL is another user and needs to enter the folders above its data. pytest closes its common
    # folder (pytest-of-root) to everybody else whenever a session starts, also one that a test starts: the server would lose its files.
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        folder = config.option.basetemp = tempfile.mkdtemp(prefix="erp-testkit-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
