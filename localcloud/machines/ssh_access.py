"""Ssh access: a machine's host key and authorized keys, from its user data.

Accepts a cloud-config with `ssh_keys.ed25519_private`. Refuses all else: the job knows nodes by
this key, so a machine without it could never be used.
"""

from dataclasses import dataclass
from typing import Any

import yaml

_HEADER = "#cloud-config"


class UserDataError(ValueError):
    """User data from which no machine can be made."""


@dataclass(frozen=True, repr=False)
class SshAccess:
    """The private host key, and the authorized keys of each user, one a line."""

    host_key: str
    authorized_keys: dict[str, str]

    @classmethod
    def of(cls, user_data: str) -> "SshAccess":
        """Return the keys of a cloud-config. Raises UserDataError."""
        if not user_data.startswith(_HEADER):
            raise UserDataError(f"the user data does not start with {_HEADER}")
        try:
            document = yaml.safe_load(user_data)
        except yaml.YAMLError as error:
            raise UserDataError(f"the user data is no YAML: {error}") from error
        if not isinstance(document, dict):
            raise UserDataError("the user data is empty")
        return cls(_host_key(document), _authorized_keys(document))


def _host_key(document: dict[str, Any]) -> str:
    try:
        return str(document["ssh_keys"]["ed25519_private"])
    except (KeyError, TypeError) as error:
        raise UserDataError("the user data has no ssh_keys.ed25519_private") from error


def _authorized_keys(document: dict[str, Any]) -> dict[str, str]:
    # An entry may also be a word, such as `default`, which has no keys.
    users = [user for user in document.get("users", []) if isinstance(user, dict)]
    return {user["name"]: "\n".join(user.get("ssh_authorized_keys", [])) for user in users}
