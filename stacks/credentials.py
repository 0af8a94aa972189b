"""Credentials: passwords, key pair and host keys of a stack."""

from dataclasses import dataclass, fields

from stacks.naming import Role


@dataclass(frozen=True, kw_only=True, repr=False)
class Credentials:
    """Secrets of a stack, left out of repr. Keys are in OpenSSH's formats."""

    admin_password: str
    database_password: str
    rabbit_password: str
    service_password: str
    ssh_private_key: str
    ssh_public_key: str
    controller_host_key: str
    controller_host_key_public: str
    worker_host_key: str
    worker_host_key_public: str

    def host_keys(self, role: Role) -> tuple[str, str]:
        """Return a node's private and public host key."""
        return getattr(self, f"{role}_host_key"), getattr(self, f"{role}_host_key_public")

    @classmethod
    def placeholder(cls) -> "Credentials":
        """Placeholders of real length, to measure the size of rendered documents."""
        lengths = {"password": 32, "key": 400, "public": 81}
        return cls(**{f.name: "x" * lengths[f.name.rpartition("_")[2]] for f in fields(cls)})
