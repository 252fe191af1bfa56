"""Handing messages in over HTTP, well and badly: slowly, half, or gone before the answer."""

from __future__ import annotations

import http.client
import re
import select
import socket
import ssl
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from erp_testkit.contracts import curl
from erp_testkit.domain.errors import UsageError

TIMEOUT_SECONDS = 15.0
"""How long an answer may take."""

_PIECES = 8
_METHOD, _HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"), re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_AT_ONCE_GONE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as a partner would send it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def curl(self) -> str:
        """Return the command line that sends it again, without secrets."""
        secret = self.headers.get("Authorization", "").split(" ", 1)[-1]
        return curl.line(self.method, quoted(self.url), self.headers, self.body, {secret: "$TOKEN"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int | None
    """None where no answer came."""
    text: str

    @property
    def accepted(self) -> bool:
        """Whether the message was taken."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether it was refused in good order."""
        return self.status is not None and 400 <= self.status < 500

    def __str__(self) -> str:
        return f"no answer ({self.text})" if self.status is None else f"status {self.status} {self.text[:200]!r}"


def quoted(url: str) -> str:
    """Return an address with what cannot travel in one, such as spaces and Chinese, written as percent signs say."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=quote(parts.path, safe=_STAYS), query=quote(parts.query, safe=_STAYS)))


_STAYS = "%/:@!$&'()*+,;=?~"


def sendable(name: str, value: str) -> bool:
    """Say whether a header can be sent: HTTP takes Latin-1 on one line."""
    return bool(_METHOD.fullmatch(name) and _HEADER.fullmatch(value))


def send(call: Call, *, seconds: float = 0.0) -> Answer:
    """Send it and read the answer; the body is dribbled in pieces over so many seconds."""
    connection = _begun(call)
    try:
        if seconds:
            step = max(1, len(call.body) // _PIECES)
            for start in range(0, len(call.body), step):
                connection.send(call.body[start : start + step])
                time.sleep(seconds / _PIECES)
        else:
            connection.send(call.body)
        return _answer(connection)
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, str(error) or type(error).__name__)
    finally:
        connection.close()


def send_and_vanish(call: Call) -> None:
    """Send it, wait until the answer is there, and break the connection without reading it: done, and the sender does not know."""
    connection = _begun(call)
    try:
        connection.send(call.body)
        select.select([connection.sock], [], [], TIMEOUT_SECONDS)
        _break(connection)
    except OSError:
        pass
    finally:
        connection.close()


def send_part(call: Call, length: int, *, politely: bool) -> Answer:
    """Send the first bytes of the body only and end the connection.

    Args:
        call: what to send.
        length: how many bytes of its body.
        politely: close our side (FIN) and wait for what the other does; else break it (RST).
    """
    connection = _begun(call)
    try:
        connection.send(call.body[:length])
        if politely:
            connection.sock.shutdown(socket.SHUT_WR)
            return _answer(connection)
        _break(connection)
        return Answer(None, "broken off by us")
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, str(error) or type(error).__name__)
    finally:
        connection.close()


def _begun(call: Call) -> http.client.HTTPConnection:
    """Connect and send everything before the body.

    Raises:
        OSError: there is nobody.
        UsageError: it cannot be sent over HTTP.
    """
    headers = {**call.headers, "Content-Length": str(len(call.body)), "Connection": "close"}
    # Values are not shown: one of them is a secret.
    wrong = [f"header {name!r} of Latin-1 characters on one line" for name, value in headers.items() if not sendable(name, value)]
    if not _METHOD.fullmatch(call.method):
        wrong.append(f"an HTTP method in place of {call.method!r}")
    if wrong:
        raise UsageError(f"Failed to send to {call.url}: expected {' and '.join(wrong)}, got others. Next: correct the contract's settings")
    parts = urlsplit(quoted(call.url))
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
    connection.putrequest(call.method, parts.path + (f"?{parts.query}" if parts.query else ""))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection


def _answer(connection: http.client.HTTPConnection) -> Answer:
    response = connection.getresponse()
    return Answer(response.status, response.read().decode(errors="replace"))


def _break(connection: http.client.HTTPConnection) -> None:
    """Make the coming close an RST instead of a FIN."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE_GONE)
