"""Concealment: text without what looks like a secret, whoever it belongs to.

It is for secrets that nobody has told us of: a key pasted into the wrong setting, a password in a
URL, a token that a program got for itself. What is known to be secret is masked by
`job/redaction`, which uses these patterns as well.
"""

import re
from itertools import pairwise

import yaml

MASK = "***"

# Part of a key's line. In JSON a line break, and so an n behind a backslash, may stand before it.
_RUN = re.compile(r"(?<!\\)[A-Za-z0-9+/_=-]{16,}")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*-----")
_KEY_LINES = 120
"""The most lines of a private key; a log may lack the end of one."""

# Ends of names whose value is a secret; each of a fixed width, since it is looked for backwards.
# The last two are the signatures that let whoever holds a URL in.
_NAMES = (
    *("password", "passwd", "passphrase", "secret", "token", "credential", "credentials"),
    *("_key", "-key", "[a-z]key"),
    *("signature", "[?&]sig"),
)
_BEFORE_EQUALS = "|".join(f"(?<={name}=)" for name in _NAMES)
_BEFORE_QUOTE = "|".join(f"(?<={name}{end})" for name in _NAMES for end in (r"\"", r"\\\""))
# Each begins with a character that is rare, which makes it fast.
_SHAPES = (
    # A URL's user with a password, or with a token in place of the name.
    (re.compile(r"://[^\s/?#'\"@]+@"), f"://{MASK}@"),
    (re.compile(r"(B(?:earer|asic) +)[A-Za-z0-9._~+/=-]{8,}"), rf"\1{MASK}"),
    # Tokens of Google, of Keystone and of GitHub, and JSON web tokens.
    (re.compile(r"ya29\.[\w.-]{8,}"), MASK),
    (re.compile(r"gAAAAA[\w=-]{20,}"), MASK),
    (re.compile(r"g(?:h[a-z]_|ithub_pat_)\w{16,}"), MASK),
    (re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"), MASK),
    # NAME=value as in a shell or a URL; prose has blanks there.
    (
        re.compile(
            rf"(?i)=(?:{_BEFORE_EQUALS})"
            r"(?:'[^'\n]*'|\"[^\"\\\n]*\"(?=[\s;]|$)|\\\"[^\"\\\n]*\\\"(?=[\s;\"\\]|$)|[^\s'\"\\,;&]+)"
        ),
        f"={MASK}",
    ),
    # "name": "value" as in JSON, or in JSON in JSON.
    (re.compile(rf"(?i)(\"(?:{_BEFORE_QUOTE})\s*:\s*\\?\")[^\"\\\n]+"), rf"\1{MASK}"),
)
_WORD = re.compile(r"(?<![\w/.~+-])[A-Za-z0-9+_][A-Za-z0-9+/_=-]{23,}")
_RANDOM_CHANGES = 0.3


def conceal(text: str) -> str:
    """The text with `***` in place of what looks like a secret. Lines stay lines."""
    return KeyLines().mask(conceal_shapes(text))


def conceal_shapes(text: str) -> str:
    """The same without private keys, which `KeyLines` masks."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def conceal_value(text: str) -> str:
    """The same for a message that quotes a value, in which random text is a secret too.

    Logs are full of random text, so it is left alone there.
    """
    return _WORD.sub(lambda word: MASK if is_random(word[0]) else word[0], conceal(text))


def conceal_address(text: str) -> str:
    """The same for what was to be a URL or a host and is malformed: without user and query."""
    place, question, _ = text.rpartition("@")[2].partition("?")
    user = f"{MASK}@" if "@" in text else ""
    return f"{user}{place}{question and question + MASK}"


class KeyLines:
    """Masks private keys in text that comes in pieces of whole lines.

    A line may have something before the key's own, such as the time.
    """

    def __init__(self) -> None:
        self._left = 0

    def mask(self, text: str) -> str:
        """The piece without bodies of private keys, one that began in an earlier piece too."""
        if not self._left and not _KEY_BEGINS.search(text):
            return text
        return "".join(map(self._line, text.splitlines(keepends=True)))

    def _line(self, line: str) -> str:
        begins = _KEY_BEGINS.search(line)
        if begins:
            self._left = _KEY_LINES
        if not self._left:
            return line
        start = begins.end() if begins else 0
        ends = _KEY_ENDS.search(line, start)
        end = ends.start() if ends else len(line)
        self._left = 0 if ends else self._left - 1
        return line[:start] + _RUN.sub(MASK, line[start:end]) + line[end:]


def why_unreadable(error: OSError | UnicodeDecodeError | yaml.YAMLError) -> str:
    """Why a text file could not be read. PyYAML's own words quote the file."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, UnicodeDecodeError):
        return "not text in UTF-8"
    mark = getattr(error, "problem_mark", None)
    return f"not YAML at line {mark.line + 1}" if mark else "not YAML"


def is_random(word: str) -> bool:
    """Whether a word looks like base64 of random bytes.

    In such text every other character or so is of another kind (capital, small letter, digit,
    other) than the one before it; in names and paths far fewer are.
    """
    kinds = [(c.isupper(), c.islower(), c.isdigit()) for c in word]
    changes = sum(one != other for one, other in pairwise(kinds))
    capital, small, digit = map(any, zip(*kinds, strict=True))
    return capital and small and digit and changes >= _RANDOM_CHANGES * len(word)
