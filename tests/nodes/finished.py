"""Finished: a node after stack.sh, with secrets wherever DevStack leaves them, and images of it."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from localcloud.devstack.git_service import CLIENTS
from stacks.credentials import Credentials
from tests.nodes import host
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from tests.nodes.conftest import Node

STANDIN = CLIENTS.parent
PASSWORDS = ("ADMIN_PASSWORD", "DATABASE_PASSWORD", "RABBIT_PASSWORD", "SERVICE_PASSWORD")
FILES = {
    "etc/nova/nova.conf": (
        "[DEFAULT]\ntransport_url = rabbit://stackrabbit:{RABBIT_PASSWORD}@127.0.3.15:5672/\n"
        "default_schedule_zone = testaz1\n"
        "[key_manager]\nfixed_key = bae3516cc1c0eb18b05440eba8012a4a880a2ee04d584a9c1579445e675b12d"
        "efdc716ec\n[keystone_authtoken]\npassword = {SERVICE_PASSWORD}\n"
    ),
    "etc/cinder/cinder.conf": "[DEFAULT]\nstorage_availability_zone = testaz1\n",
    "etc/neutron/plugins/ml2/ml2_conf.ini": "[ovn]\ndns_servers = 9.9.9.9\n",
    "etc/neutron/neutron_ovn_metadata_agent.ini": (
        "metadata_proxy_shared_secret = sharedOfTheBake\n"
    ),
    "etc/octavia/octavia.conf": (
        "heartbeat_key = insecure\ninsecure = False\namp_ssh_key_name = octavia_ssh_key\n"
        "ca_private_key_passphrase = not-secure-passphrase\n"
        "server_certs_key_passphrase = insecure-key-do-not-use-this-key\n"
    ),
    "etc/keystone/keystone.conf": "",
    "etc/openstack/clouds.yaml": "password: {ADMIN_PASSWORD}\n",
    "opt/stack/.my.cnf": "[client]\npassword={DATABASE_PASSWORD}\n",
    "opt/stack/devstack/.localrc.auto": 'ADMIN_PASSWORD="{ADMIN_PASSWORD}"\n',
    "opt/stack/devstack/.stackenv": "SERVICE_PASSWORD={SERVICE_PASSWORD}\n",
    "opt/stack/devstack/logs/stack.sh.log": "+ ADMIN_PASSWORD={ADMIN_PASSWORD}\n",
    "opt/stack/devstack/accrc/admin/admin": 'export OS_PASSWORD="{ADMIN_PASSWORD}"\n',
    "opt/stack/async/create.log": "--password {SERVICE_PASSWORD}\n",
    "var/cache/debconf/passwords.dat": "Value: {DATABASE_PASSWORD}\n",
    "var/log/auth.log": "sudo mysql -p{DATABASE_PASSWORD}\n",
    "var/log/devstack-node/build.log": "{ADMIN_PASSWORD}\n",
    "var/lib/cloud/instances/i-1/user-data.txt": "#cloud-config\n# {ADMIN_PASSWORD}\n",
    "var/lib/rabbitmq/.erlang.cookie": "COOKIEOFTHEBAKE",
    "var/lib/systemd/random-seed": "seed",
    "var/lib/devstack-node/commits.json": '{{"nova": "68fdaf29"}}\n',
    "home/capo/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
    "home/capo/.bash_history": "export OS_PASSWORD={ADMIN_PASSWORD}\n",
    "root/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
    "etc/ssh/ssh_host_ed25519_key": (
        "-----BEGIN OPENSSH PRIVATE KEY-----\nHOSTKEYOFTHEBAKE\n-----END OPENSSH PRIVATE KEY-----\n"
    ),
    "etc/octavia/certs/private/client.cert-and-key.pem": (
        "-----BEGIN PRIVATE KEY-----\nMIIE\nCLIENTKEYOFTHEBAKE\n-----END PRIVATE KEY-----\n"
        "-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----\n"
    ),
    "etc/ssl/private/ssl-cert-snakeoil.key": (
        "-----BEGIN PRIVATE KEY-----\nMIIE\nSNAKEOILOFTHEBAKE\n-----END PRIVATE KEY-----\n"
    ),
    "etc/ssl/certs/ssl-cert-snakeoil.pem": (
        "-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----\n"
    ),
    "etc/pki/tls/private/localhost.key": (
        "-----BEGIN PRIVATE KEY-----\nMIIE\nHTTPDKEYOFTHEBAKE\n-----END PRIVATE KEY-----\n"
    ),
    "etc/ssl/certs/other.pem": "-----BEGIN CERTIFICATE-----\nMIIF\n-----END CERTIFICATE-----\n",
    "etc/machine-id": "0123456789abcdef\n",
    "etc/pip.conf": "[global]\nindex-url = https://user:word@mirror/\n",
    "etc/systemd/system/mariadb.service": "[Service]\n",
    "etc/systemd/system/rabbitmq-server.service": "[Service]\n",
    "etc/systemd/system/apache2.service": "[Service]\n",
    "etc/systemd/system/memcached.service": "[Service]\n",
    "etc/systemd/system/multi-user.target.wants/devstack@n-cpu.service": "",
}
"""Files of a finished node by path, with the passwords' names in braces."""


def make(
    make_node: Callable[..., "Node"],
    clouds: SimpleNamespace,
    folder: Path,
    role: str,
    **settings: object,
) -> "Node":
    """Make a node that is ready, with its passwords in all the places that DevStack knows."""
    node = host.make(make_node, clouds, folder, role, **settings)
    values = passwords(node)
    for path, text in FILES.items():
        node.write(path, text.format(**values))
    for path in ("etc/nova/nova.conf", "opt/stack/.my.cnf"):
        (node.root / path).chmod(0o640)
    (node.root / "opt/stack/octavia").mkdir()
    shutil.copytree(STANDIN / "octavia", node.root / "opt/stack/octavia/bin")
    node.write("opt/stack/octavia/bin/dual_ca/ca.key.pem", "-----BEGIN-----\nCAKEY\n")
    _backends(node, values)
    # MySQL makes these, MariaDB does not.
    node.write("var/lib/mysql/private_key.pem", "-----BEGIN-----\nMYSQLKEYOFTHEBAKE\n")
    for command in ("fernet_setup", "credential_setup"):
        path = node.root / "etc/keystone/keystone.conf"
        assert node.run("keystone-manage", "--config-file", path, command).returncode == 0
    # As cloud-init does with these options.
    node.fake(
        "cloud-init",
        'echo "cloud-init $*" >>"$FAKE_STATE/calls"\n'
        '[[ $1 != clean ]] || rm -rf "$DEVSTACK_NODE_ROOT"/var/lib/cloud/*',
    )
    for name in ("fstrim", "sync"):
        node.fake(name, "exit 0")
    node.fake(
        "make-ssl-cert",
        'echo "make-ssl-cert $*" >>"$FAKE_STATE/calls"\n'
        'echo NEWSNAKEOILKEY >"$DEVSTACK_NODE_ROOT/etc/ssl/private/ssl-cert-snakeoil.key"',
    )
    node.fake("journalctl", 'echo "journalctl $*" >>"$FAKE_STATE/calls"')
    node.state("ready")
    return node


def passwords(node: "Node") -> dict[str, str]:
    """Return the passwords of a node's local.conf."""
    lines = (node.root / "etc/devstack-node/local.conf").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {name: value for name, value in pairs if name in PASSWORDS}


def _backends(node: "Node", values: dict[str, str]) -> None:
    """Make the stand-in databases, and Keystone's Python with the stand-in for bcrypt."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = node.bin.parent / "lib" / version / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    shutil.copy(STANDIN / "bcrypt.py", packages)
    for name in ("mysql", "rabbitmq"):
        (node.root / "var/lib" / name).mkdir(parents=True, exist_ok=True)
    environment = {**values, "HOST": "controller", "ZONE": "testaz1"}
    made = node.run("python3", str(STANDIN / "backends.py"), str(node.root), **environment)
    assert made.returncode == 0, made.stderr


NEW = Credentials(
    **{name: f"new{name.replace('_', '')}" for name in vars(Credentials.placeholder())}
)
"""Credentials of the instance that starts from the image."""


def image(node: "Node", role: str, **settings: object) -> None:
    """Give a sealed node's disk to a new instance: other user data, another boot."""
    values = {"node_deadline_s": PATIENCE_S, **settings}
    host.lay_out(node.root, role, NEW, **values)
    node.reboot()


def rows(node: "Node", query: str, password: str = "") -> str:
    """Return what the databases answer to root, with a password or by the socket."""
    words = ("bash", "-c", 'mysql --user=root <<<"$1"', "bash", query)
    done = node.run(*words, **({"MYSQL_PWD": password} if password else {}))
    assert done.returncode == 0, done.stderr
    return done.stdout


def logs_in(node: "Node", password: str) -> bool:
    """Tell whether the databases let root in from elsewhere with this password."""
    words = f"mysql --user=root --host=127.0.3.15 --password={password} <<<'SELECT VERSION()'"
    return node.run("bash", "-c", words).returncode == 0


def found(node: "Node", text: str) -> list[str]:
    """Return the files of a node that hold a text."""
    paths = (Path(folder) / name for folder, _, names in os.walk(node.root) for name in names)
    regular = [path for path in paths if path.is_file() and not path.is_symlink()]
    holding = (path for path in regular if text.encode() in path.read_bytes())
    return sorted(str(path.relative_to(node.root)) for path in holding)


def marker(node: "Node") -> dict[str, object]:
    """Return the marker of a sealed node."""
    return json.loads((node.root / "var/lib/devstack-node/sealed.json").read_text())
