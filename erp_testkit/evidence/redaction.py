"""Taking secrets out of everything a run keeps.

What cannot be read well enough to find its secrets is left out as a whole: evidence that lacks a body can be had again, a password that
went into a report cannot be called back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from erp_testkit.domain.exchange import Exchange
from erp_testkit.domain.ledger import Row

REDACTED = "[redacted]"
UNREADABLE = "[redacted: names a secret and is no JSON]"
LOGIN = "[redacted: logging in]"

BODY_LIMIT = 16_000
"""Characters of a body that are kept."""
_PARSE_LIMIT = 1_000_000
"""A longer body that names a secret is left out unread."""

_WORDS = (
    *("passw", "passphrase", "pwd", "secret", "token", "apikey", "authoriz", "bearer", "session", "credential", "cookie"),
    *("privatekey", "accesskey", "signingkey", "密码", "口令", "密钥", "令牌"),
)
"""A key that contains one of these, written without separators, holds a secret."""
_HEADERS = "headers"
"""What keys end with below which the headers of a request or an answer stand."""
KEPT_HEADERS = frozenset(
    {
        *("accept", "acceptcharset", "acceptencoding", "acceptlanguage", "allow", "cachecontrol", "connection", "contentencoding"),
        *("contentlanguage", "contentlength", "contenttype", "date", "deprecation", "etag", "expires", "host", "idempotencykey", "ifmatch"),
        *("ifnonematch", "lastmodified", "retryafter", "server", "sunset", "transferencoding", "useragent", "vary"),
        *("xchannel", "xmessageid", "xrequestid", "xsignaturesha256"),
    }
)
"""Headers that are kept, written without separators; the value of any other is taken out."""
_KEY = r"[\w.\- ]*(?:" + "|".join("[_. -]?".join(word) for word in _WORDS) + r")[\w.\- ]*"
_LOGIN_TARGET = re.compile(r"log-?in|sign-?in|auth|token|session|password", re.IGNORECASE)
_IN_QUERY = re.compile(rf"(?i)((?:^|[?&;\s]){_KEY}=)[^&;\s\"'<>]+")
_VALUE = r"(\"[^\"]*\"?|'[^']*'?|\[[^\]]*\]?|[^\s,;&)}\]]+)"
_AFTER_KEY = re.compile(rf"(?i)([\"']?{_KEY}[\"']?\s*[:=]\s*){_VALUE}")
_SCHEMES = ("bearer", "basic", "digest", "session", "token")
_SCHEME = re.compile(r"\b(?:(Bearer|Basic|Digest)(\s+)|(Session|Token)(\s+)(?=[\w+/=.~-]*[\d+/=]))[\w+/=.~-]{8,}", re.IGNORECASE)
_USER_INFO = re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)")
_SHORT = 6


class Redactor:
    """Takes secrets out of bodies, texts and plain data.

    Args:
        secrets: values that must never be kept wherever they stand, such as the profile's passwords.
        fields: names of fields whose values must not be kept either, such as those of patients; upper case and separators do not count.
    """

    def __init__(self, secrets: Iterable[str] = (), fields: Iterable[str] = ()) -> None:
        self._fields = frozenset(map(_bare, fields))
        names = "|".join("[_. -]?".join(map(re.escape, name)) for name in sorted(self._fields))
        self._after_field = re.compile(rf"(?i)((?<![\w.-])[\"']?(?:{names})[\"']?\s*[:=]\s*){_VALUE}") if names else None
        self._forms: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Search for more secrets from now on."""
        self._forms |= {form for secret in secrets if secret for form in _forms(secret)}
        forms = self._forms
        # Short ones only as whole words: a password "x" must not make every text with an x unreadable.
        parts = (re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)" for form in sorted(forms, key=len)[::-1])
        self._literal = re.compile("|".join(parts)) if forms else None

    def text(self, text: str) -> str:
        """Redact prose: a message, a log line, an address."""
        if self._literal:
            text = self._literal.sub(REDACTED, text)
        if "://" in text:
            text = _USER_INFO.sub(rf"\1{REDACTED}", text)
        bare = _bare(text)
        if any(word in bare for word in _SCHEMES):
            text = _SCHEME.sub(rf"\1\2\3\4{REDACTED}", text)
        if any(word in bare for word in _WORDS):
            text = _IN_QUERY.sub(rf"\1{REDACTED}", text)
            text = _AFTER_KEY.sub(_redact_value, text)
        if self._after_field and any(field in bare for field in self._fields):
            text = self._after_field.sub(_redact_value, text)
        return text

    def body(self, body: str) -> str:
        """Redact the body of a request or an answer, and cut it to `BODY_LIMIT`."""
        return _cut(self.json(body, business=True))

    def json(self, text: str, *, business: bool = False) -> str:
        """Redact text that should be JSON; what names a secret and is no JSON is left out as a whole.

        Args:
            text: the text.
            business: whether it is the ERP's own data; in what the kit writes itself, `fields` are looked for below ``evidence`` only.
        """
        bare = _bare(text)
        suspect = _HEADERS in bare or any(word in bare for word in _WORDS) or any(field in bare for field in self._fields)
        return self._structured(text, business=business) if suspect else self.text(text)

    def data(self, data: Any, key: str = "", *, business: bool = False) -> Any:
        """Redact plain data (mappings, lists, texts, numbers) by the names of its keys and by the texts in it."""
        if key and data is not None and not isinstance(data, bool):
            bare = _bare(key)
            if any(word in bare for word in _WORDS) or (business and bare in self._fields):
                return REDACTED
            if bare.endswith(_HEADERS) and isinstance(data, Mapping):
                return {
                    name: self.data(value, name, business=business) if _bare(name) in KEPT_HEADERS else REDACTED
                    for name, value in data.items()
                }
        if isinstance(data, Mapping):
            return {
                self.text(str(name)): self.data(value, str(name), business=business or name == "evidence") for name, value in data.items()
            }
        if isinstance(data, list | tuple):
            return [self.data(value, business=business) for value in data]
        return self.text(data) if isinstance(data, str) else data

    def rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Redact rows of a ledger, or of what a rule found in it, by `fields`."""
        if not self._fields:
            return rows
        redacted: list[Row] = self.data(rows, business=True)
        return redacted

    def exchange(self, exchange: Exchange) -> Exchange:
        """Redact a request and its answer. Of one that logs in, neither body is kept: its secrets may have no name."""
        if _LOGIN_TARGET.search(exchange.target.partition("?")[0]):
            request, answer = (LOGIN if body else "" for body in (exchange.request, exchange.answer))
        else:
            request, answer = self.body(exchange.request), self.body(exchange.answer)
        return replace(exchange, target=self.text(exchange.target), request=request, answer=answer)

    def _structured(self, body: str, *, business: bool) -> str:
        if len(body) > _PARSE_LIMIT:
            return UNREADABLE
        try:
            data = json.loads(body)
        except ValueError:
            return UNREADABLE
        return json.dumps(self.data(data, business=business), ensure_ascii=False) if isinstance(data, dict | list) else REDACTED


def _redact_value(match: re.Match[str]) -> str:
    quote_mark = match[2][0] if match[2][0] in "\"'" else ""
    return f"{match[1]}{quote_mark}{REDACTED}{quote_mark}"


def _bare(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "").replace(" ", "")


def _forms(secret: str) -> set[str]:
    in_json = (json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *in_json}


def _cut(text: str) -> str:
    return text if len(text) <= BODY_LIMIT else f"{text[:BODY_LIMIT]} [… {len(text) - BODY_LIMIT} more characters]"
