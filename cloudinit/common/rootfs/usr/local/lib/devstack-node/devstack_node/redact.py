"""Redact: texts of this node that may be shown to everybody: plain, and without secrets.

What the node knows to be secret is masked wherever it stands; beside that, whatever is named or
written like a secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"

# Shorter ones are words that stand everywhere.
_SHORTEST = 6
_BLANK = r"[^\S\n]*"
_KEY = (
    r"(?:password|passwd|passphrase|secret|token|credential"
    r"|(?:private|heartbeat|encryption|secret|shared|auth|api|signing)_key)"
)
_VALUE = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s"',;&})\]]+)"""
_KNOWN = re.compile(rf"""(?im){_KEY}["']?{_BLANK}[=:]{_BLANK}["']?(\S[^\n"']*\S)""")
_KNOWN_IN_URL = re.compile(r"://[^\s/:@]*:([^\s/@]+)@")

_NOT_PLAIN = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\n]*\x07|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)
_SECRETS = (
    (
        # A log may have cut its end off.
        re.compile(
            r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)"
            r"(?:.{0,10000}?-----END [^\n-]*-----|[A-Za-z0-9+/=\\\s]*)"
        ),
        r"\1***",
    ),
    # An assignment that is the whole line: its value may be anything.
    (
        re.compile(rf"(?im)^({_BLANK}[#;]?{_BLANK}[\w.-]{{0,60}}{_KEY}{_BLANK}={_BLANK})\S.*"),
        r"\1***",
    ),
    (
        re.compile(rf"(?im)^({_BLANK}(?:\w+_)?(?:connection|transport_url){_BLANK}=[^\n/]*//).*@"),
        r"\1***@",
    ),
    (re.compile(rf"""(?i)({_KEY}["']?{_BLANK}[=:]{_BLANK}){_VALUE}"""), r"\1***"),
    (re.compile(rf"(?i)(--(?:[a-z]+-)*{_KEY}[ =]){_VALUE}"), r"\1***"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), r"\1***@"),
    # Keystone's tokens.
    (re.compile(r"\bgAAAAA[\w=-]{20,}"), MASK),
)


class Redactor:
    """Masks the secrets that stand in the given configuration, and what looks like others."""

    def __init__(self, configuration: Iterable[str]) -> None:
        found = set()
        for text in configuration:
            for value in (*_KNOWN.findall(text), *_KNOWN_IN_URL.findall(text)):
                found |= {value, quote(value, safe="")}
        # A secret may be the beginning of another one.
        self._known = sorted((v for v in found if len(v) >= _SHORTEST), key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without colours, carriage returns, control characters and secrets."""
        plain = _NOT_PLAIN.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        for secret in self._known:
            plain = plain.replace(secret, MASK)
        for pattern, replacement in _SECRETS:
            plain = pattern.sub(replacement, plain)
        return plain
