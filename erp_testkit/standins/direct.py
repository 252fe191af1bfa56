"""HTTP to the kit's own processes and containers, and from them to the ERP: proxies of the environment are for the world outside."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPResponse

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(request: urllib.request.Request | str, timeout: float) -> HTTPResponse:
    """Send a request; the answer is to be closed.

    Raises:
        HTTPError: the answer is none of 2xx.
        OSError: no answer came.
    """
    answer: HTTPResponse = _OPENER.open(request, timeout=timeout)
    return answer


def answers(url: str) -> bool:
    """Say whether something answers; any answer is one, also a refusal."""
    try:
        ask(url, 1.0).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True
