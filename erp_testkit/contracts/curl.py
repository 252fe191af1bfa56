"""A request as a line for a shell that sends the same bytes again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from erp_testkit.contracts.secrecy import cut


def line(method: str, url: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> str:
    """Return a command line that is one line, holds no control characters and no secret, and sends a request again.

    A variable gives back the very bytes where the secret was written as it is. Where JSON or an address writes it in another way,
    the variable has to hold it as written there.

    Args:
        method: of the request.
        url: where to.
        headers: all it shall have, but for what curl adds by itself.
        body: what is sent.
        secrets: secret to the variable that stands for it.
    """
    parts = ["curl", "-X", method]
    for name, value in headers.items():
        # Curl takes a name with nothing behind its colon for a header to leave out.
        parts += ["-H", f"{name}: {value}" if value else f"{name};"]
    if not body:
        return _quoted([*parts, url], secrets)
    if "content-type" not in {name.lower() for name in headers}:
        # Without a word curl says it is a form.
        parts += ["-H", "content-type:"]
    text = body.decode("utf-8", errors="surrogateescape")
    if text.isprintable() and not text.startswith("@"):
        return _quoted([*parts, "--data-binary", text, url], secrets)
    # An argument cannot hold every byte, a terminal does not keep every character, and curl reads what follows an @ from a file.
    pieces = cut(text, secrets)
    # What the shell puts in is not escaped.
    formats = "".join("%s" if variable else "%b" for _, variable in pieces)
    words = " ".join(f'"{variable}"' if variable else shlex.quote(_escaped(piece)) for piece, variable in pieces)
    return f"printf {formats} {words} | {_quoted([*parts, '--data-binary', '@-', url], secrets)}"


def _escaped(text: str) -> str:
    """Return a text as `printf %b` takes it."""
    named = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(
        named[char] if char in named else char if char.isprintable() else "".join(f"\\0{byte:03o}" for byte in _bytes(char))
        for char in text
    )


def _bytes(char: str) -> bytes:
    return char.encode("utf-8", errors="surrogateescape")


def _quoted(parts: list[str], secrets: Mapping[str, str]) -> str:
    return " ".join(_word(part, secrets) for part in parts)


def _word(text: str, secrets: Mapping[str, str]) -> str:
    pieces = cut(text, secrets)
    if not any(variable for _, variable in pieces):
        return shlex.quote(text)
    # Within double quotes the shell puts the secret in where its variable stands.
    following = [piece for piece, _ in pieces[1:]] + [""]
    words = (
        _variable(variable, after) if variable else re.sub(r'[\\"`$]', r"\\\g<0>", piece)
        for (piece, variable), after in zip(pieces, following, strict=True)
    )
    return f'"{"".join(words)}"'


def _variable(variable: str, after: str) -> str:
    """Return a variable so that the shell does not take what comes after it for a part of its name."""
    return f"${{{variable[1:]}}}" if re.match(r"\w", after) else variable
