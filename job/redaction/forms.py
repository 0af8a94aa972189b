"""Forms: the spellings in which a secret may occur in a line of text.

A secret of several lines, such as a private key, is searched line by line. No form contains a line
break, so text can be masked in pieces of whole lines.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

# Shorter secrets would mask common words everywhere.
SHORTEST = 6
# Minimum length of one line of a longer secret, and of a part that a line wrap has split off.
_SHORTEST_PART = 12
_MOST_WORDS = 40
# A variable may hold bytes that are not text. Only the plain form of such a secret is searched.
_ANY_BYTES = "replace"
# Characters that stay unquoted in a URL, by Python's and by Go's rules.
_SAFE_IN_URLS = ("", "/", "$&+,;=:@", "$&+:=@")


def forms(secret: str) -> set[str]:
    """Return every form of a secret that is long enough to be told from other text."""
    lines = [line.strip() for line in secret.splitlines()]
    shortest = SHORTEST if len(lines) == 1 else _SHORTEST_PART
    whole = [line for line in lines if len(line) >= shortest and not line.startswith("-----")]
    found = {form for line in whole for form in (*_spelled(line), *_encoded(line))}
    found |= {form for line in whole for part in _parts(line) for form in _spelled(part)}
    return {form for form in found if len(form) >= SHORTEST}


def _parts(line: str) -> Iterator[str]:
    """Yield the parts before and after each blank, where YAML or a log may wrap the line."""
    blanks = [match.start() for match in re.finditer(" ", line)]
    if len(blanks) < _MOST_WORDS:
        for blank in blanks:
            for part in (line[:blank].strip(), line[blank:].strip()):
                if len(part) >= _SHORTEST_PART:
                    yield part


def _spelled(text: str) -> Iterator[str]:
    """Yield the text as it is, and as quoted by JSON, URLs, shells, YAML and XML."""
    yield text
    for once in set(_as_json(text)):
        yield once
        yield from _as_json(once)  # JSON within a JSON string
    for safe in _SAFE_IN_URLS:
        yield from _both_cases(quote(text, safe=safe, errors=_ANY_BYTES))
    yield from _both_cases(quote_plus(text, errors=_ANY_BYTES))
    for quoted in ("'\"'\"'", r"'\''", r"\'", "''"):
        yield text.replace("'", quoted)
    yield re.sub(r'([\\"$`])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)
    yield escape(text)
    yield escape(text, {'"': "&quot;"})
    yield html.escape(text)
    yield escape(text, {'"': "&#34;", "'": "&#39;"})


def _as_json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        written = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield written
        # Go escapes <, > and & for HTML, as \u003c.
        yield re.sub("[<>&]", lambda match: f"\\u{ord(match[0]):04x}", written)


def _both_cases(quoted: str) -> Iterator[str]:
    yield quoted
    yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)


def _encoded(text: str) -> Iterator[str]:
    """Yield the base64 characters that depend on the secret alone, at each alignment.

    Three bytes make four characters, so there are three alignments. The characters at both ends
    also encode bits of the neighbouring bytes and are left out.
    """
    content = text.encode("utf-8", _ANY_BYTES)
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(bytes(before) + content).decode("ascii")
        whole, rest = divmod(before + len(content), 3)
        decided = encoded[skipped : 4 * whole + rest]
        yield decided
        yield decided.replace("+", "-").replace("/", "_")
