"""Invariants: what must read the same before and after an upgrade, asked through the ports.

A *vector* says what to read: a TOML file with one table for each question.

```toml
[[read]]
port = "traceability"
method = "forward"
arguments = { item = "PACEMAKER-7", lot = "LOT-2024-01" }
```

Only methods that never change the ERP are allowed, so a vector may be read in production.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from erp_testkit.domain.errors import UsageError, closest
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.ports import PORTS, Erp
from erp_testkit.erp.registry import port_methods
from erp_testkit.gate.tables import read_tables, unknown_keys

ABSENT = "(absent)"
_KEYS = ("arguments", "method", "port")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One question to the ERP."""

    port: str
    method: str
    arguments: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The question as text, the same before and after: ``stock.on_hand(item='A')``."""
        return f"{self.port}.{self.method}({', '.join(f'{name}={value!r}' for name, value in sorted(self.arguments.items()))})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that does not read as before."""

    read: str
    path: str
    before: object
    after: object


def load_vector(file: Path) -> Sequence[Read]:
    """Read a vector.

    Raises:
        UsageError: the file cannot be read or has mistakes; its text names all of them.
    """
    reads = read_tables(file, "vector", "read", _read)
    if not reads:
        raise UsageError(f"Failed to read vector {file}: expected at least one table headed [[read]], got none.")
    return reads


def capture(erp: Erp, vector: Sequence[Read]) -> Mapping[str, Any]:
    """Ask the ERP everything a vector names.

    Returns:
        Question to answer, as plain data. A refusal is an answer, too: ``{"refused": reason}``.

    Raises:
        UsageError: the adapter lacks a port.
        ErpBroke: the ERP answered as none should.
        ErpUnreachable: the ERP does not answer.
    """
    lacking = sorted({read.port for read in vector if getattr(erp, read.port, None) is None})
    if lacking:
        raise UsageError(f"Failed to read the vector: expected an adapter with port {', '.join(lacking)}, got {erp.name} without.")
    return {read.name: _answer(erp, read) for read in vector}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield every value that does not read as before, questions in their order."""
    for name in dict.fromkeys((*before, *after)):
        for path, first, second in _unequal("", before.get(name, ABSENT), after.get(name, ABSENT)):
            yield Difference(read=name, path=path or ".", before=first, after=second)


def _read(place: str, table: Mapping[str, Any], problems: list[str]) -> Read:
    problems += unknown_keys(place, table, _KEYS)
    port, method, arguments = str(table.get("port", "")), str(table.get("method", "")), table.get("arguments", {})
    if port not in PORTS:
        problems.append(f"{place}.port: expected the name of a port, got '{port}'. {closest(port, PORTS)}")
        return Read(port=port, method=method, arguments={})
    readable = {name: function for name, function in port_methods(PORTS[port]).items() if getattr(function, "__reads__", False)}
    if method not in readable:
        problems.append(f"{place}.method: expected a method of port {port} that only reads, got '{method}'. {closest(method, readable)}")
        return Read(port=port, method=method, arguments={})
    parameters = [parameter for parameter in signature(readable[method]).parameters.values() if parameter.name != "self"]
    if not isinstance(arguments, dict):
        problems.append(f"{place}.arguments: expected a table, got {arguments!r}.")
        arguments = {}
    known = [parameter.name for parameter in parameters]
    of = f"{port}.{method}"
    problems += [
        f"{place}.arguments: expected a parameter of {of}, got '{key}'. {closest(key, known)}" for key in arguments if key not in known
    ]
    problems += [
        f"{place}.arguments: expected a value for '{parameter.name}', got none."
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.name not in arguments
    ]
    return Read(port=port, method=method, arguments=arguments)


def _answer(erp: Erp, read: Read) -> Any:
    try:
        return plain(getattr(getattr(erp, read.port), read.method)(**read.arguments))
    except Refused as refusal:
        return {"refused": str(refusal.reason)}


def plain(value: object) -> Any:
    """Return what a port answered as plain data: numbers and times as texts."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry) for entry in value]
    return value if value is None or (isinstance(value, bool | int | str) and type(value) in (bool, int, str)) else str(value)


def _unequal(path: str, before: Any, after: Any) -> Iterator[tuple[str, object, object]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _unequal(f"{path}.{name}".lstrip("."), before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            first, second = (side[index] if index < len(side) else ABSENT for side in (before, after))
            yield from _unequal(f"{path}[{index}]", first, second)
    elif before != after:
        yield path, before, after


def read_capture(file: Path) -> Mapping[str, Any]:
    """Read what was captured.

    Raises:
        UsageError: the file cannot be read, or is no capture.
    """
    try:
        data = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"Failed to read capture {file}: expected JSON, got {error}. Next: erp-testkit invariants capture") from error
    if not isinstance(data, dict) or not isinstance(data.get("answers"), dict):
        raise UsageError(f"Failed to read capture {file}: expected answers in it, got none. Next: erp-testkit invariants capture")
    return data
