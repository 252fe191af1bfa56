"""UDI labels as GS1 element strings, whole ones and such as a bad printer or scanner makes.

The separator FNC1 is ASCII 29, which is what scanners send for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

SEPARATOR = "\x1d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a UDI label says: device identifier (GTIN) and production identifiers."""

    gtin: str
    expiry: date
    lot: str
    serial: str | None = None


def write_month_only(label: Label) -> str:
    """Write a label whose expiry date is a month: day 00 stands for its last day (GS1 General Specifications)."""
    return write(label).replace(f"17{label.expiry:%y%m%d}", f"17{label.expiry:%y%m}00")


class Damage(Enum):
    """What can be wrong with a label."""

    SEPARATOR_LOST = "separator lost"
    CHECK_DIGIT = "wrong check digit"
    EXPIRY = "impossible expiry"
    NO_GTIN = "lot and serial without GTIN"
    LOT_ALONE = "lot without GTIN"
    SERIAL_ALONE = "serial without GTIN"
    CUT_OFF = "cut off"


def write(label: Label) -> str:
    """Write a label as its element string: ``(01)``, ``(17)``, ``(10)`` and, where there is one, ``(21)``."""
    serial = f"{SEPARATOR}21{label.serial}" if label.serial else ""
    return f"01{label.gtin}17{label.expiry:%y%m%d}10{label.lot}{serial}"


def write_damaged(label: Label, damage: Damage) -> str:
    """Write a label with one thing wrong."""
    whole = write(label)
    wrong_digit = str((int(label.gtin[-1]) + 1) % 10)
    return {
        Damage.SEPARATOR_LOST: whole.replace(SEPARATOR, ""),
        Damage.CHECK_DIGIT: whole.replace(label.gtin, label.gtin[:-1] + wrong_digit),
        Damage.EXPIRY: whole.replace(f"17{label.expiry:%y%m%d}", f"17{label.expiry:%y}1332"),
        Damage.NO_GTIN: f"10{label.lot}{SEPARATOR}21{label.serial}",
        Damage.LOT_ALONE: f"10{label.lot}",
        Damage.SERIAL_ALONE: f"21{label.serial}",
        Damage.CUT_OFF: whole[:12],
    }[damage]


def read(text: str) -> Label:
    """Read a label's element string with biip, an implementation of the GS1 rules that is not the ERP's.

    Raises:
        ValueError: the text breaks the GS1 rules, or names no device, expiry date or lot.
    """
    from biip import ParseError  # biip costs 0.2 s, which collecting scenarios must not pay
    from biip.gs1_messages import GS1Message

    try:
        message = GS1Message.parse(text.removeprefix("]d2").removeprefix(SEPARATOR))
    except ParseError as error:
        raise ValueError(f"Failed to read label {text!r}: expected a GS1 element string, got {error}.") from error
    found = {element.ai.ai: element for element in message.element_strings}
    if "01" in found and found["01"].gtin_error is not None:
        raise ValueError(f"Failed to read label {text!r}: expected a valid GTIN, got {found['01'].gtin_error}.")
    lacking = [f"({number})" for number in ("01", "17", "10") if number not in found]
    if lacking or found["17"].date is None:
        raise ValueError(f"Failed to read label {text!r}: expected (01), (17) and (10), got none for {', '.join(lacking) or '(17)'}.")
    return Label(
        gtin=found["01"].value,
        expiry=found["17"].date,
        lot=found["10"].value,
        serial=found["21"].value if "21" in found else None,
    )
