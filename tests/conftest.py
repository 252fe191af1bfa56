"""What all tests share: pytester, small projects, the reference ERP, and a temporary folder of this session's own."""

import shutil
import signal
import sys
import tempfile
from importlib.metadata import packages_distributions

import pytest
from _pytest import pytester

pytest_plugins = ["pytester", "erp_projects", "reference_erp", "partner_standins"]

_INSTALLED = packages_distributions().keys()


class _InstalledStay(pytester.SysModulesSnapshot):
    """Forgets after a run in this process what its project imported, and keeps what is installed.

    Loaded twice, a library has its classes twice: schemathesis' checks take no parameter for one, httpx2 no longer knows the
    errors of httpcore2, and DuckDB does not bear it at all.
    """

    def restore(self):
        installed = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in _INSTALLED}
        super().restore()
        sys.modules.update(installed)


pytester.SysModulesSnapshot = _InstalledStay


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    # A shell has its background jobs ignore Ctrl-C, and so would everything tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Run as root, the embedded PostgreSQL is another user and needs to enter the folders above its data. pytest closes its common
    # folder (pytest-of-root) to everybody else whenever a session starts, also one that a test starts: the server would lose its files.
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        folder = config.option.basetemp = tempfile.mkdtemp(prefix="erp-testkit-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
