"""JSON pointers (RFC 6901): where something stands in a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from erp_testkit.domain.errors import closest


def escaped(name: object) -> str:
    """Return a key as a step of a pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def pointer(steps: Iterable[object]) -> str:
    """Return the pointer that takes these steps from the root; the root itself is the empty text."""
    return "".join(f"/{escaped(step)}" for step in steps)


def steps(text: str) -> list[str]:
    """Return the keys a pointer leads through."""
    return [step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:]]


def fragment(text: str) -> str:
    """Return a pointer as the fragment of a reference: ``#/paths/~1a%20b``."""
    return "#" + quote(text, safe="/~!$&'()*+,;=:@")


def of_fragment(text: str) -> str:
    """Return the pointer that a reference's fragment says, without its ``#``; it may be percent-encoded (RFC 6901, 6)."""
    return unquote(text)


def find(data: Any, text: str) -> Any:
    """Return what stands at a pointer.

    Raises:
        KeyError: nothing does; its text says which step leads nowhere, and what there is instead.
    """
    for name in steps(text):
        if isinstance(data, Mapping) and name in data:
            data = data[name]
        elif isinstance(data, list) and name.isdecimal() and int(name) < len(data):
            data = data[int(name)]
        else:
            known = [key for key in data if not key.startswith("x-")] if isinstance(data, Mapping) else ()
            raise KeyError(f"there is no '{name}'. {closest(name, known)}"[:300])
    return data


def shown(text: str) -> str:
    """Return a pointer as people read it: ``paths › /orders › post``; the root is ``the file``."""
    return " › ".join(steps(text)) or "the file"
