"""One request to an ERP and its answer, as the recorder keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer. Bodies are text as sent and received, before redaction."""

    at: datetime
    """When it was sent, UTC."""
    seconds: float
    role: str
    method: str
    target: str
    """Path with query, or the remote procedure's name."""
    request: str
    status: int | None
    """HTTP status; None when no answer came."""
    answer: str
