"""bcrypt: a stand-in for the package in Keystone's environment, with a hash of the same form."""

import hashlib
import secrets


def gensalt(rounds: int) -> bytes:
    """Return a salt."""
    return f"$2b${rounds:02}${secrets.token_hex(8)}".encode()


def hashpw(password: bytes, salt: bytes) -> bytes:
    """Return a password's hash. `salt` may be an earlier hash."""
    beginning = salt[:23]
    return beginning + hashlib.sha256(beginning + password).hexdigest().encode()


def checkpw(password: bytes, known: bytes) -> bool:
    """Tell whether a hash is of this password."""
    return hashpw(password, known) == known
