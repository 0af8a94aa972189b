"""Static checks of the nodes' files, without running them."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.credentials import Credentials
from stacks.platforms import PLATFORMS
from stacks.settings import Settings
from stacks.user_data import render
from tests.patience import PATIENCE_S

# The linters are installed as Python packages, which need not be on PATH.
PACKAGES = Path(sys.executable).parent
CLOUDINIT = Path(__file__).resolve().parents[2] / "cloudinit"
SHELL = sorted(
    path
    for path in CLOUDINIT.glob("*/rootfs/**/*")
    if path.is_file() and path.suffix in {"", ".sh"} and path.read_text().startswith("#!")
)
PYTHON = sorted(CLOUDINIT.rglob("*.py"))
PAIRS = [(name, release) for name, platform in PLATFORMS.items() for release in platform.releases]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("script", SHELL, ids=name)
def test_shellcheck_finds_nothing(script):
    done = run(str(PACKAGES / "shellcheck"), "--external-sources", str(script))

    assert done.stdout == ""


@pytest.mark.parametrize("script", SHELL, ids=name)
def test_shfmt_would_change_nothing(script):
    done = run(str(PACKAGES / "shfmt"), "-i", "2", "-ci", "-d", str(script))

    assert done.stdout == ""


@pytest.mark.parametrize("script", [s for s in SHELL if s.parent.name == "sbin"], ids=name)
def test_a_program_of_the_node_is_executable(script):
    """Its mode in git becomes its mode on the node."""
    assert script.stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize("script", [s for s in SHELL if "bash" in s.read_text()[:20]], ids=name)
def test_a_bash_program_stops_at_the_first_error(script):
    """Except for the plugin: stack.sh sources it, and it must not change stack.sh's options."""
    strict = "set -o errexit -o nounset -o pipefail"

    assert (strict in script.read_text().splitlines()) != (script.name == "plugin.sh")


@pytest.mark.parametrize("module", PYTHON, ids=name)
def test_the_oldest_python_of_the_nodes_can_read_it(module):
    """CentOS Stream 9 has Python 3.9."""
    ast.parse(module.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_systemd_finds_nothing_wrong_with_the_units(make_node, role):
    root = make_node(role).root
    units = [path for path in sorted((root / "etc/systemd/system").iterdir()) if path.is_file()]
    assert units
    # Units that DevStack writes, so that our drop-ins for them are checked, too.
    for name in ("c-vol", "n-cpu"):
        devstack = root / f"etc/systemd/system/devstack@{name}.service"
        devstack.write_text("[Service]\nExecStart=/usr/local/sbin/devstack-build\n")
        units.append(devstack)
    # The targets that our units refer to.
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)

    done = run(
        "systemd-analyze", f"--root={root}", "verify", *(f"/{u.relative_to(root)}" for u in units)
    )

    about_ours = [line for line in done.stderr.splitlines() if "devstack" in line]
    assert about_ours == []


@pytest.mark.parametrize(("operating_system", "release"), PAIRS)
@pytest.mark.parametrize("role", ["controller", "worker"])
def test_cloud_init_accepts_the_user_data(
    tmp_path, credentials: Credentials, operating_system, release, role
):
    """Checks against the schema of the oldest cloud-init of all images: 22.4, of Debian 12."""
    settings = Settings(
        stack="ci",
        project="test",
        operating_system=operating_system,
        release=release,
        package_mirror="https://mirror.example/debian",
        pip_index_url="https://pip.example/simple",
    )
    path = tmp_path / "user-data"
    path.write_text(render(settings, role, credentials))

    done = run("cloud-init", "schema", "--config-file", str(path))

    assert done.returncode == 0, done.stdout + done.stderr
