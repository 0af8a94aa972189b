"""Backends: the stand-in databases and messages, with the passwords of a finished DevStack.

`python3 backends.py ROOT` makes them, with passwords, host and zone from the environment. The
stand-in cloud asks here whom Keystone's database lets in.
"""

import json
import os
import sqlite3
import sys
from pathlib import Path

import bcrypt

USERS = {"admin": "ADMIN_PASSWORD", "demo": "ADMIN_PASSWORD", "nova": "SERVICE_PASSWORD"}
"""Keystone's users, and the variable of local.conf that has each one's password."""
SCHEMA = {
    "keystone": (
        "CREATE TABLE local_user (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE password (id INTEGER PRIMARY KEY, local_user_id INTEGER, password_hash TEXT)",
        "CREATE TABLE credential (id TEXT)",
    ),
    "nova_api": (
        "CREATE TABLE cell_mappings (name TEXT, transport_url TEXT, database_connection TEXT)",
        "CREATE TABLE key_pairs (name TEXT, public_key TEXT, fingerprint TEXT)",
        "CREATE TABLE aggregates (name TEXT)",
        "CREATE TABLE aggregate_hosts (host TEXT)",
        "CREATE TABLE aggregate_metadata (value TEXT)",
    ),
    "nova_cell0": ("CREATE TABLE services (host TEXT, last_seen_up TEXT)",),
    "nova_cell1": ("CREATE TABLE services (host TEXT, last_seen_up TEXT)",),
    "cinder": ("CREATE TABLE services (host TEXT, availability_zone TEXT, updated_at TEXT)",),
    "placement": (
        "CREATE TABLE placement_aggregates (uuid TEXT)",
        "CREATE TABLE resource_provider_aggregates (aggregate_id INTEGER)",
    ),
}


def make(root: Path, values: "os._Environ[str] | dict[str, str]") -> None:
    """Make the databases and RabbitMQ's users below a root."""
    databases, messages = root / "var/lib/mysql", root / "var/lib/rabbitmq"
    password, rabbit = values["DATABASE_PASSWORD"], values["RABBIT_PASSWORD"]
    known = {
        "root@localhost": {"socket": False, "password": password},
        "root@%": {"password": password},
    }
    (databases / "accounts.json").write_text(json.dumps(known))
    (messages / "users.json").write_text(json.dumps({"stackrabbit": rabbit}))
    for name, statements in SCHEMA.items():
        with sqlite3.connect(databases / f"{name}.db") as database:
            for statement in statements:
                database.execute(statement)
    with sqlite3.connect(databases / "keystone.db") as keystone:
        for number, (user, kind) in enumerate(USERS.items()):
            hashed = bcrypt.hashpw(values[kind].encode(), bcrypt.gensalt(4)).decode()
            keystone.execute("INSERT INTO local_user VALUES (?, ?)", (number, user))
            keystone.execute("INSERT INTO password VALUES (?, ?, ?)", (number, number, hashed))
        keystone.execute("INSERT INTO credential VALUES ('of the build')")
    with sqlite3.connect(databases / "nova_api.db") as nova:
        urls = (
            f"rabbit://stackrabbit:{rabbit}@h/",
            f"mysql+pymysql://root:{password}@h/nova_cell1",
        )
        nova.execute("INSERT INTO cell_mappings VALUES ('cell1', ?, ?)", urls)
        nova.execute("INSERT INTO key_pairs VALUES ('octavia_ssh_key', 'ssh-rsa AAAA', 'aa:bb')")
    with sqlite3.connect(databases / "cinder.db") as cinder:
        row = (f"{values['HOST']}@lvmdriver-1", values["ZONE"], "2026-01-01 00:00:00")
        cinder.execute("INSERT INTO services VALUES (?, ?, ?)", row)


def accepts(user: str, password: str) -> bool:
    """Tell whether Keystone's database has this password for this user."""
    with sqlite3.connect("/var/lib/mysql/keystone.db") as keystone:
        query = (
            "SELECT password_hash FROM password JOIN local_user ON local_user_id = local_user.id"
        )
        found = keystone.execute(f"{query} WHERE name = ?", (user,)).fetchone()
    return bool(found) and bcrypt.checkpw(password.encode(), found[0].encode())


if __name__ == "__main__":
    make(Path(sys.argv[1]), os.environ)
