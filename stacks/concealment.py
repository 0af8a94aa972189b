"""Concealment: mask text that looks like a secret.

It is for secrets that the program does not know: a key pasted into the wrong setting, a password in
a URL, a token that another program obtained. `job/redaction` masks known secrets and uses these
patterns as well.
"""

import re
from itertools import pairwise

import yaml

MASK = "***"

# Part of a key's line. In JSON, the escaped line break \n may precede it.
_RUN = re.compile(r"(?<!\\)[A-Za-z0-9+/_=-]{16,}")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*-----")
_KEY_LINES = 120
"""Maximum number of lines of a private key, whose END line may be missing in a log."""

# Suffixes of names whose value is a secret, each of fixed width for the lookbehind. The last two
# are signatures in URLs.
_NAMES = (
    *("password", "passwd", "passphrase", "secret", "token", "credential", "credentials"),
    *("_key", "-key", "[a-z]key"),
    *("signature", "[?&]sig"),
)
_BEFORE_EQUALS = "|".join(f"(?<={name}=)" for name in _NAMES)
_BEFORE_QUOTE = "|".join(f"(?<={name}{end})" for name in _NAMES for end in (r"\"", r"\\\""))
# Each pattern begins with a rare character, which makes the search fast.
_SHAPES = (
    # User and password in a URL, or a token as the user.
    (re.compile(r"://[^\s/?#'\"@]+@"), f"://{MASK}@"),
    (re.compile(r"(B(?:earer|asic) +)[A-Za-z0-9._~+/=-]{8,}"), rf"\1{MASK}"),
    # Tokens of Google, Keystone and GitHub, and JSON web tokens.
    (re.compile(r"ya29\.[\w.-]{8,}"), MASK),
    (re.compile(r"gAAAAA[\w=-]{20,}"), MASK),
    (re.compile(r"g(?:h[a-z]_|ithub_pat_)\w{16,}"), MASK),
    (re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"), MASK),
    # NAME=value as in a shell or a URL, without blanks around the sign, unlike prose.
    (
        re.compile(
            rf"(?i)=(?:{_BEFORE_EQUALS})"
            r"(?:'[^'\n]*'|\"[^\"\\\n]*\"(?=[\s;]|$)|\\\"[^\"\\\n]*\\\"(?=[\s;\"\\]|$)|[^\s'\"\\,;&]+)"
        ),
        f"={MASK}",
    ),
    # "name": "value" as in JSON, or as in JSON within a JSON string.
    (re.compile(rf"(?i)(\"(?:{_BEFORE_QUOTE})\s*:\s*\\?\")[^\"\\\n]+"), rf"\1{MASK}"),
)
_WORD = re.compile(r"(?<![\w/.~+-])[A-Za-z0-9+_][A-Za-z0-9+/_=-]{23,}")
_RANDOM_CHANGES = 0.3


def conceal(text: str) -> str:
    """Replace what looks like a secret by `***`. Line breaks are kept."""
    return KeyLines().mask(conceal_shapes(text))


def conceal_shapes(text: str) -> str:
    """Do the same except for private keys, which `KeyLines` masks."""
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return text


def conceal_value(text: str) -> str:
    """Do the same for a message that quotes a value. Random text counts as a secret there.

    It does not in logs, which are full of random text.
    """
    return _WORD.sub(lambda word: MASK if is_random(word[0]) else word[0], conceal(text))


def conceal_address(text: str) -> str:
    """Conceal user and query of a malformed URL or host."""
    place, question, _ = text.rpartition("@")[2].partition("?")
    user = f"{MASK}@" if "@" in text else ""
    return f"{user}{place}{question and question + MASK}"


class KeyLines:
    """Masks private keys in text that arrives in pieces of whole lines.

    A line may have a prefix, such as the time.
    """

    def __init__(self) -> None:
        self._left = 0

    def mask(self, text: str) -> str:
        """Mask the next piece. A private key may have begun in an earlier one."""
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
    """Explain why a text file could not be read. PyYAML's own message would quote the file."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, UnicodeDecodeError):
        return "not text in UTF-8"
    mark = getattr(error, "problem_mark", None)
    return f"not YAML at line {mark.line + 1}" if mark else "not YAML"


def is_random(word: str) -> bool:
    """Tell whether a word looks like base64 of random bytes.

    In such text about every second character differs in kind (upper case, lower case, digit,
    other) from the one before it. In names and paths far fewer do.
    """
    kinds = [(c.isupper(), c.islower(), c.isdigit()) for c in word]
    changes = sum(one != other for one, other in pairwise(kinds))
    capital, small, digit = map(any, zip(*kinds, strict=True))
    return capital and small and digit and changes >= _RANDOM_CHANGES * len(word)
