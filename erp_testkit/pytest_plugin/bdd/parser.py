"""The official Gherkin parser, told at a glance which kinds of line a line cannot be.

The official one tries up to ten kinds on each line, through three calls each; that was half of the time it takes to collect a large suite.
What a line is and what is built of it stays the official parser's decision.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gherkin.errors import ParserException
from gherkin.parser import Parser

_STATES: tuple[Callable[..., int] | None, ...] = tuple(getattr(Parser, f"match_token_at_{state}", None) for state in range(60))
_EOF, _EMPTY, _TEXT, _TITLE = "eof", "", "text", "title"
_MARKS = frozenset('|@#"`')


class LineParser(Parser):
    """Gives the same result as `Parser`, faster."""

    def read_token(self, context: Any) -> Any:
        """Read a line and look at how it begins."""
        token: Any = super().read_token(context)
        text = token.line._trimmed_line_text if token.line else None
        if text is None:
            token.look = _EOF
        elif text[:1] in _MARKS:
            token.look = text[0]
        elif not text:
            token.look = _EMPTY
        else:
            token.look = _TITLE if ":" in text else _TEXT
        return token

    def match_token(self, state: int, token: Any, context: Any) -> int:
        """Find the method of a state without building a table of all of them for each line."""
        method = _STATES[state]
        assert method is not None
        return method(self, token, context)

    def handle_ast_error(self, context: Any, argument: Any, action: Callable[[Any], object]) -> None:
        """Build a part of the result; what is wrong with it is kept for later."""
        try:
            action(argument)
        except ParserException as error:
            self.add_error(context, error)


def _only(looks: frozenset[str], official: Callable[..., bool]) -> Callable[..., bool]:
    def match(self: LineParser, context: Any, token: Any) -> bool:
        return token.look in looks and official(self, context, token)

    return match


_LOOKS = {
    "EOF": {_EOF},
    "Empty": {_EMPTY},
    "Comment": {"#"},
    "Language": {"#"},
    "TagLine": {"@"},
    "TableRow": {"|"},
    "DocStringSeparator": {'"', "`"},
    "StepLine": {_TEXT, _TITLE},
    "FeatureLine": {_TITLE},
    "RuleLine": {_TITLE},
    "BackgroundLine": {_TITLE},
    "ScenarioLine": {_TITLE},
    "ExamplesLine": {_TITLE},
}
for _kind, _looks in _LOOKS.items():
    setattr(LineParser, f"match_{_kind}", _only(frozenset(_looks), getattr(Parser, f"match_{_kind}")))
