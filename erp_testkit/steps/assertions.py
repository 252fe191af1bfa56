"""How steps compare what a scenario expects with what the ERP says."""

from __future__ import annotations


def expect(to: str, *, expected: object, got: object) -> None:
    """Fail unless both are equal.

    Args:
        to: what could not be done, such as ``find the order "O1" (42)``.
        expected: what the scenario says.
        got: what the ERP says.

    Raises:
        AssertionError: they differ.
    """
    if expected != got:
        raise AssertionError(f"Failed to {to}: expected {shown(expected)}, got {shown(got)}.")


def shown(value: object) -> str:
    """Write a value for a message: rows one below the other, everything else as it prints."""
    if isinstance(value, list | tuple):
        return "".join(f"\n  {shown(row) if not isinstance(row, tuple) else ' | '.join(map(str, row))}" for row in value) or "nothing"
    return str(value)
