"""Reading files that somebody wrote."""

from __future__ import annotations

from pathlib import Path

from erp_testkit.domain.errors import UsageError


def read_text(file: Path, what: str = "contract") -> str:
    """Return a file's text.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"Failed to read {what} {file}: expected a file that can be read, got {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"Failed to read {what} {file}: expected UTF-8, got byte {error.start} that is none.") from error
