"""bcrypt hashes: make and check hashes of Keystone's users, in the form that Keystone keeps.

Keystone's Python runs this, since the node's has no bcrypt. Keystone itself is not imported: that
takes longer than everything else here. Standard input and output are JSON.
"""

import json
import sys

import bcrypt

_ROUNDS = 4
"""DevStack's own setting. Keystone reads the rounds from each hash."""


def _name(known: str, passwords: "dict[str, str]") -> "str | None":
    """Return the name of the password that a hash is of."""
    for name, text in passwords.items():
        if known.startswith("$2") and bcrypt.checkpw(text.encode(), known.encode()):
            return name
    return None


def main() -> None:
    """Answer with a hash for each of `passwords`, and for each of `hashes` its password's name."""
    asked = json.load(sys.stdin)
    passwords, hashes = asked["passwords"], asked["hashes"]
    salts = {name: bcrypt.gensalt(_ROUNDS) for name in passwords}
    made = {name: bcrypt.hashpw(text.encode(), salts[name]) for name, text in passwords.items()}
    answer = {
        "made": {name: known.decode() for name, known in made.items()},
        "found": {number: _name(known, passwords) for number, known in hashes.items()},
    }
    json.dump(answer, sys.stdout)


main()
