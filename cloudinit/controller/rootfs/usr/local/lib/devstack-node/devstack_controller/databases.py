"""Databases: take the secrets of this node out of its databases, and put new ones in.

Sealed databases admit only root, and only by the local socket. So a start needs no old password,
and nobody reaches them before they have new ones. What InnoDB keeps in old pages is worthless then.
"""

from __future__ import annotations

import argparse
import base64
import functools
import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from devstack_node import environment, files, node, placeholders, seal, secret_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from devstack_node.environment import Settings

_Client = Callable[[str], str]
_CLIENT = ("mysql", "--user=root", "--batch", "--skip-column-names")
_SYSTEM_USERS = ("mysql", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema")
"""Users that nobody can be by a password."""
_OCTAVIA_CONF = node.ROOT / "etc/octavia/octavia.conf"
_AMPHORA_KEY = node.ROOT / "etc/octavia/.ssh/octavia_ssh_key.pub"
_LONG_AGO = "2000-01-01 00:00:00"
_SEAL_S = 300.0

# Nova and Cinder list a service as up for minutes after its last report. A start must not count the
# reports of the bake.
_SEALING = {
    "cinder": (f"UPDATE cinder.services SET updated_at = '{_LONG_AGO}'",),
    "keystone": ("DELETE FROM keystone.credential",),
    "nova_api": (
        "DELETE FROM nova_api.aggregate_hosts",
        "DELETE FROM nova_api.aggregate_metadata",
        "DELETE FROM nova_api.aggregates",
    ),
    "nova_cell0": (f"UPDATE nova_cell0.services SET last_seen_up = '{_LONG_AGO}'",),
    "nova_cell1": (f"UPDATE nova_cell1.services SET last_seen_up = '{_LONG_AGO}'",),
    # Nova's copies of its aggregates.
    "placement": (
        "DELETE FROM placement.resource_provider_aggregates",
        "DELETE FROM placement.placement_aggregates",
    ),
}
"""Statements for a database, where there is one."""


def main(arguments: list[str]) -> int:
    """Seal or unseal the databases, which must be running."""
    parser = argparse.ArgumentParser(prog="devstack-node databases")
    steps = {"seal": _seal, "unseal": _unseal}
    parser.add_argument("step", choices=steps)
    steps[parser.parse_args(arguments).step]()
    return 0


def _seal() -> None:
    passwords = seal.passwords()
    ask = functools.partial(_ask, password=passwords["DATABASE_PASSWORD"])
    present = ask("SELECT schema_name FROM information_schema.schemata").split()
    statements = [line for name in present for line in _SEALING.get(name, ())]
    if "nova_api" in present:
        statements += _urls({text: placeholders.text(name) for name, text in passwords.items()})
    if "keystone" in present:
        statements += _hidden_hashes(
            ask("SELECT id, password_hash FROM keystone.password"), passwords
        )
    # Accounts last: an earlier failure leaves the way in as it was.
    ask(";\n".join([*statements, *_closed_accounts(ask)]))
    _search(ask, passwords)


def _hidden_hashes(table: str, passwords: Mapping[str, str]) -> Iterator[str]:
    """Yield statements that put a password's placeholder in the place of its hashes.

    Raises RuntimeError for a hash of another password: a start could not replace it.
    """
    rows = dict(line.split("\t") for line in table.splitlines())
    hashes = {number: known for number, known in rows.items() if known.startswith("$")}
    for number, name in _bcrypt(passwords, hashes)["found"].items():
        if name is None:
            raise RuntimeError(
                f"row {number} of keystone.password is of no password in local.conf;"
                " delete its user, or give it one of these passwords"
            )
        yield (
            f"UPDATE keystone.password SET password_hash = {_quoted(placeholders.text(name))}"
            f" WHERE id = {int(number)}"
        )


def _closed_accounts(ask: _Client) -> Iterator[str]:
    """Yield statements that leave only root, by the socket."""
    for line in ask("SELECT user, host FROM mysql.user").splitlines():
        user, host = line.split("\t")
        if user not in _SYSTEM_USERS and (user, host) != ("root", "localhost"):
            yield f"DROP USER {_quoted(user)}@{_quoted(host)}"
    if _is_mariadb(ask):
        yield "ALTER USER 'root'@'localhost' IDENTIFIED VIA unix_socket"
        return
    plugins = "SELECT plugin_name FROM information_schema.plugins WHERE plugin_name = 'auth_socket'"
    if not ask(plugins).strip():
        yield "INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'"
    yield "ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket"


def _search(ask: _Client, passwords: Mapping[str, str]) -> None:
    """Fail if a password is in a row of any table."""
    name = "mariadb-dump" if _is_mariadb(ask) and shutil.which("mariadb-dump") else "mysqldump"
    said = node.run(
        name, "--user=root", "--all-databases", "--single-transaction", timeout_s=_SEAL_S
    )
    left = [known for known, text in passwords.items() if text in said]
    if left:
        raise RuntimeError(f"the databases still hold {', '.join(left)}")


def _unseal() -> None:
    values, settings = secret_values.all_values(), environment.read()
    present = _ask("SELECT schema_name FROM information_schema.schemata").split()
    statements = list(_new_accounts(values["DATABASE_PASSWORD"], mariadb=_is_mariadb(_ask)))
    if "keystone" in present:
        statements += _new_hashes({name: values[name] for name in secret_values.PASSWORDS})
    if "nova_api" in present:
        statements += _urls({placeholders.text(n): values[n] for n in secret_values.PASSWORDS})
        statements += _key_pair()
    if "cinder" in present:
        statements += _volume_zones(settings)
    _ask(";\n".join(statements))


def _new_accounts(password: str, *, mariadb: bool) -> Iterator[str]:
    secret = _quoted(password)
    if mariadb:
        yield (
            "ALTER USER 'root'@'localhost'"
            f" IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD({secret})"
        )
    else:
        yield f"ALTER USER 'root'@'localhost' IDENTIFIED WITH caching_sha2_password BY {secret}"
    yield f"CREATE USER 'root'@'%' IDENTIFIED BY {secret}"
    yield "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%'"


def _new_hashes(passwords: Mapping[str, str]) -> Iterator[str]:
    for name, made in _bcrypt(passwords, {})["made"].items():
        yield (
            f"UPDATE keystone.password SET password_hash = {_quoted(made)}"
            f" WHERE password_hash = {_quoted(placeholders.text(name))}"
        )


def _urls(replaced: Mapping[str, str]) -> Iterator[str]:
    """Yield statements that replace texts in the URLs by which Nova reaches its cells."""
    for old, new in replaced.items():
        for column in ("transport_url", "database_connection"):
            changed = f"REPLACE({column}, {_quoted(old)}, {_quoted(new)})"
            yield f"UPDATE nova_api.cell_mappings SET {column} = {changed}"


def _key_pair() -> Iterator[str]:
    """Yield a statement that gives Nova the new key of Octavia's amphorae."""
    if not _AMPHORA_KEY.exists():
        return
    key = files.text(_AMPHORA_KEY)
    digest = hashlib.md5(base64.b64decode(key.split()[1]), usedforsecurity=False).hexdigest()
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
    named = re.search(r"(?m)^amp_ssh_key_name *= *(\S+)", files.text(_OCTAVIA_CONF))
    if named:
        yield (
            f"UPDATE nova_api.key_pairs SET public_key = {_quoted(key)},"
            f" fingerprint = {_quoted(fingerprint)} WHERE name = {_quoted(named[1])}"
        )


def _volume_zones(settings: Settings) -> Iterator[str]:
    """Yield statements that move Cinder's services to the new AZs.

    They do it themselves, but later than they report to be up.
    """
    for role, zone in (("CONTROLLER", "PRIMARY_AZ"), ("WORKER", "SECONDARY_AZ")):
        host = settings[f"{role}_HOSTNAME"]
        same = f"host = {_quoted(host)} OR host LIKE {_quoted(f'{host}@%')}"
        yield (
            f"UPDATE cinder.services SET availability_zone = {_quoted(settings[zone])} WHERE {same}"
        )


def _bcrypt(passwords: Mapping[str, str], hashes: Mapping[str, str]) -> Any:
    """Make a hash of each password, and find whose the given hashes are."""
    manage = shutil.which("keystone-manage")
    if manage is None:
        raise node.LastingError("keystone-manage is missing; stack.sh should have installed it")
    with Path(manage).open(encoding="utf-8") as script:
        python = script.readline().replace("#!", "", 1).split()
    module = ("-B", "-m", "devstack_controller.bcrypt_hashes")
    asked = {"passwords": dict(passwords), "hashes": dict(hashes)}
    return json.loads(node.run(*python, *module, text=json.dumps(asked)))


def _is_mariadb(ask: _Client) -> bool:
    return "MariaDB" in ask("SELECT VERSION()")


def _ask(statements: str, password: str = "") -> str:
    """Run statements as root. The password is for databases that do not know the socket yet."""
    try:
        return node.run(*_CLIENT, text=statements)
    except RuntimeError as error:
        if not password or "Access denied" not in str(error):
            raise
    return node.run(*_CLIENT, text=statements, environment={**os.environ, "MYSQL_PWD": password})


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
