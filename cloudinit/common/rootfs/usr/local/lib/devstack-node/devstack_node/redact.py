"""Redact: make texts of this node fit for publication, as plain text without secrets.

Two kinds are masked: values that the node's configuration files contain as secrets, wherever they
occur, and values that look like secrets by their name or form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "***"

# Shorter secrets would mask common words everywhere.
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
        # A truncated log may lack the END line.
        re.compile(
            r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----)"
            r"(?:.{0,10000}?-----END [^\n-]*-----|[A-Za-z0-9+/=\\\s]*)"
        ),
        r"\1***",
    ),
    # An assignment that fills the line: mask the whole value, blanks included.
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
    # Keystone's Fernet tokens.
    (re.compile(r"\bgAAAAA[\w=-]{20,}"), MASK),
)


class Redactor:
    """Masks secrets found in the given configuration texts, and text that looks like a secret."""

    def __init__(self, configuration: Iterable[str]) -> None:
        found = set()
        for text in configuration:
            for value in (*_KNOWN.findall(text), *_KNOWN_IN_URL.findall(text)):
                found |= {value, quote(value, safe="")}
        # Longest first: a secret may be the beginning of another one.
        self._known = sorted((v for v in found if len(v) >= _SHORTEST), key=len, reverse=True)

    def text(self, text: str) -> str:
        """Remove escape sequences, carriage returns and control characters, and mask secrets."""
        plain = _NOT_PLAIN.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
        for secret in self._known:
            plain = plain.replace(secret, MASK)
        for pattern, replacement in _SECRETS:
            plain = pattern.sub(replacement, plain)
        return plain
