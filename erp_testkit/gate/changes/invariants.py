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
from typing import Annotated, Any

from pydantic import Field

from erp_testkit.domain.errors import UsageError
from erp_testkit.erp.errors import Refused
from erp_testkit.erp.ports import PORTS, Erp
from erp_testkit.erp.registry import port_methods
from erp_testkit.specs import settings
from erp_testkit.specs.settings import Mistake, Table, one_of, sentence

ABSENT = "(absent)"


class Read(Table):
    """One question to the ERP."""

    port: Annotated[str, one_of("the name of a port", PORTS), Field(json_schema_extra={"enum": [*PORTS]})]
    method: str
    """A method of the port that only reads."""
    arguments: Mapping[str, Any] = {}
    """Its arguments, by name."""

    def _contradictions(self, _: Mapping[str, Any], /) -> Iterator[Mistake]:
        readable = {name: function for name, function in port_methods(PORTS[self.port]).items() if getattr(function, "__reads__", False)}
        if self.method not in readable:
            yield ("method",), sentence(f"a method of port {self.port} that only reads", self.method, readable)
            return
        parameters = {name: one for name, one in signature(readable[self.method]).parameters.items() if name != "self"}
        for key in self.arguments:
            if key not in parameters:
                yield ("arguments", key), sentence(f"a parameter of {self.port}.{self.method}", key, parameters)
        for name, parameter in parameters.items():
            if parameter.default is parameter.empty and name not in self.arguments:
                yield ("arguments",), f"expected a value for '{name}', got none."

    @property
    def name(self) -> str:
        """The question as text, the same before and after: ``stock.on_hand(item='A')``."""
        return f"{self.port}.{self.method}({', '.join(f'{name}={value!r}' for name, value in sorted(self.arguments.items()))})"


class Vector(Table):
    """What must read the same before and after an upgrade."""

    read: Annotated[tuple[Read, ...], Field(min_length=1, title="at least one table headed [[read]]")]
    """Each is one question."""


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
    return settings.read(Vector, file, "vector").read


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
