"""A sentence in both languages of the kit, side by side from where it is written to where it is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

LANGUAGES = ("en", "zh-CN")


class Said(str):
    """A text in English that carries its Chinese wording. Whoever knows nothing of it has the English one."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Take both wordings."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # typeshed knows only of text alone
        """Return what a copy is made of."""
        return str(self), self.zh

    def with_(self, **values: object) -> Said:
        """Put values in; those that are said in both languages go into each."""
        chinese = {name: in_language(value, "zh-CN") if isinstance(value, str) else value for name, value in values.items()}
        return Said(self.format(**values), self.zh.format(**chinese))


def in_language(text: str, language: str) -> str:
    """Return a text in a language of `LANGUAGES`; one that is said in no other stays as it is."""
    return text.zh if isinstance(text, Said) and language != "en" else str(text)


def listed(names: Iterable[str], most: int | None = None) -> Said:
    """Return names one after the other; the rest of many is only counted."""
    every = list(names)
    shown = every[:most]
    text = Said(", ".join(shown), "、".join(in_language(name, "zh-CN") for name in shown))
    rest = len(every) - len(shown)
    return Said("{text} and {rest} more", "{text}等共 {all} 项").with_(text=text, rest=rest, all=len(every)) if rest else text


def alike(value: object) -> Said:
    """Return what is written alike in both languages, such as a figure."""
    return Said(str(value), str(value))


def both(**texts: Said) -> dict[str, str]:
    """Return texts as plain data: in English and, with ``_zh`` behind their names, in Chinese."""
    return {key: text for name, said in texts.items() for key, text in ((name, str(said)), (f"{name}_zh", said.zh))}
