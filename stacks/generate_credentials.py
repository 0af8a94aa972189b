"""Generate credentials: create a stack's credentials and print them as JSON.

A standalone script for any Python 3 with OpenSSH's ssh-keygen on PATH: the engine's machine may not
have this project's packages in its default interpreter.
"""

import json
import secrets
import subprocess
import tempfile
from pathlib import Path

_PASSWORDS = ("admin", "database", "rabbit", "service")
_PASSWORD_BYTES = 16
_KEYGEN_TIMEOUT_S = 30


def key_pair(directory: Path, name: str) -> tuple[str, str]:
    """Return an Ed25519 private key and its public key, without a comment."""
    path = directory / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=_KEYGEN_TIMEOUT_S,
    )
    public = path.with_suffix(".pub").read_text(encoding="ascii")
    return path.read_text(encoding="ascii"), public.strip()


def main() -> None:
    """Print one JSON object with the fields of stacks.credentials.Credentials."""
    # Hexadecimal, since DevStack puts passwords into URLs, SQL and shell as they are.
    made = {f"{name}_password": secrets.token_hex(_PASSWORD_BYTES) for name in _PASSWORDS}
    with tempfile.TemporaryDirectory() as directory:
        for name, private, public in (
            ("ssh", "ssh_private_key", "ssh_public_key"),
            ("controller", "controller_host_key", "controller_host_key_public"),
            ("worker", "worker_host_key", "worker_host_key_public"),
        ):
            made[private], made[public] = key_pair(Path(directory), name)
    print(json.dumps(made))


if __name__ == "__main__":
    main()
