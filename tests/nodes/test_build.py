"""Build: from a fresh instance to a verdict, with a stand-in DevStack from a real repository."""

import json
import socket
import subprocess

import pytest

from tests.nodes.host import STACK_SH


def stages(node):
    events = (node.root / "var/lib/devstack-node/events.jsonl").read_text().splitlines()
    return [event.split('"stage": "')[1].split('"')[0] for event in events]


def log(node):
    return (node.root / "var/log/devstack-node/build.log").read_text()


def test_a_controller_becomes_ready(make_host):
    node = make_host("controller")

    done = node.run("devstack-build")

    assert done.returncode == 0, log(node)
    assert node.show()["verdict"] == "ready"
    assert stages(node) == [
        *("start", "checks", "packages", "kernel parameters", "clone of devstack", "stack user"),
        *("stack.sh", "file modes", "volume group", "post configuration", "image archive"),
        *("host network", "registration unit", "readiness", "ready"),
    ]


def test_it_is_watched_from_the_beginning_and_registers_in_the_end(make_host):
    """A reboot during the build is noticed only if the unit was enabled before."""
    node = make_host("controller")

    node.run("devstack-build")

    calls = node.calls()
    stack_sh = next(i for i, call in enumerate(calls) if call.startswith("stack.sh on 127.0.3.15"))
    enable = "systemctl enable devstack-boot.service devstack-state.socket"
    assert enable in calls[:stack_sh]
    assert "systemctl enable --now devstack-register-worker.timer" in calls[stack_sh:]


def test_a_controller_without_a_worker_registers_none(make_host):
    node = make_host("controller", worker=False)

    assert node.run("devstack-build").returncode == 0

    assert "registration unit" not in stages(node)


def test_a_worker_has_its_plugin_in_a_repository(make_host):
    """DevStack clones plugins; local.conf names this plugin's path and branch."""
    node = make_host("worker")

    done = node.run("devstack-build")

    assert done.returncode == 0, log(node)
    repository = f"{node.root}/opt/stack/local-plugins/await-controller"
    shown = subprocess.run(
        ["git", "-C", repository, "show", "main:devstack/plugin.sh"],
        capture_output=True,
        text=True,
        check=True,
    )
    plugin = node.root / "usr/local/share/devstack-node/plugin.sh"
    assert shown.stdout == plugin.read_text()
    local_conf = (node.root / "opt/stack/devstack/local.conf").read_text()
    url = "file:///opt/stack/local-plugins/await-controller"
    assert f"enable_plugin await-controller {url} main\n" in local_conf


def test_what_holds_passwords_is_closed(make_host):
    node = make_host("controller")

    node.run("devstack-build")

    modes = {
        path: oct((node.root / path).stat().st_mode & 0o777)
        for path in ("etc/devstack-node/local.conf", "opt/stack/devstack/local.conf")
    }
    assert set(modes.values()) == {"0o600"}
    for path in ("opt/stack/devstack", "opt/stack/async", "etc/openstack", "etc/nova"):
        assert (node.root / path).stat().st_mode & 0o007 == 0, path
    log_file = (node.root / "opt/stack/logs/stack.sh.log").resolve()
    assert log_file.is_relative_to(node.root / "opt/stack/devstack")


def test_a_loop_device_may_have_another_number_after_a_reboot(make_host):
    """DevStack's LVM filter admits one loop device, but snaps may take its number at boot."""
    node = make_host("worker")
    filters = 'global_filter = [ "a|sda3|", "a|loop7|", "r|.*|" ]  # from devstack\n'
    lvm_conf = node.write("etc/lvm/lvm.conf", f'# filter = [ "a|loop7|" ]\n{filters}')

    node.run("devstack-build")

    assert lvm_conf.read_text() == f'# filter = [ "a|loop7|" ]\n{filters}'.replace(
        '"a|sda3|", "a|loop7|"', '"a|sda3|", "a|loop[0-9]*|"'
    )


@pytest.mark.parametrize("status", [0, 1])
def test_the_commits_that_were_built_from_are_recorded(make_host, status):
    """They show in what two runs differ, above all when one of them failed."""
    node = make_host("controller", stack_sh=f"{STACK_SH}exit {status}\n")
    node.run("devstack-build")

    found = json.loads((node.root / "var/lib/devstack-node/commits.json").read_text())

    repository = node.root / "opt/stack/devstack"
    head = subprocess.run(
        ["git", "-C", repository, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    assert found == {"devstack": head.stdout.strip()}


def test_user_data_that_cloud_init_finds_fault_with_is_not_built_from(make_host):
    """cloud-init only warns about invalid user data and skips that part."""
    node = make_host("controller")
    node.fake("cloud-init", '[[ $1 != schema ]] || { echo "Error: users.0: 5" >&2; exit 1; }')

    assert node.run("devstack-build").returncode == 1

    assert node.show()["error"].startswith("cloud-init finds fault with the user data; ")
    assert "Error: users.0: 5" in log(node)


def test_stack_sh_that_fails_is_the_verdict_with_its_line(make_host):
    script = "#!/bin/bash\necho 'E: Unable to locate package uwsgi'\nexit 100\n"
    node = make_host("controller", stack_sh=script)

    assert node.run("devstack-build").returncode == 1

    answer = node.show()
    assert (answer["verdict"], answer["stage"]) == ("failed", "stack.sh")
    assert answer["error"] == "stack.sh ended with 100: E: Unable to locate package uwsgi"
    assert "post configuration" not in stages(node)


def test_success_with_a_service_missing_is_a_failure(make_host):
    """The exit status of stack.sh does not cover all services that the tests need."""
    node = make_host("controller")
    cloud = node.cloud
    cloud["compute"] = [row for row in cloud["compute"] if row["Binary"] != "nova-compute"]
    node.cloud = cloud

    assert node.run("devstack-build").returncode == 1

    error = "own zone: no nova-compute of controller is up"
    assert node.show()["error"] == f"post configuration ended with 1: [ERROR] {error}"


def test_a_smoke_test_that_fails_keeps_the_node_from_being_ready(make_host, tmp_path):
    (tmp_path / "cirros.img").touch()
    url = f"file://{tmp_path}/cirros.img"
    node = make_host("controller", smoke_test=True, smoke_test_image_url=url)
    node.cloud = {**node.cloud, "fault": "No valid host was found."}

    assert node.run("devstack-build").returncode == 1

    answer = node.show()
    assert (answer["verdict"], answer["stage"]) == ("failed", "smoke test")
    assert "server smoke-testaz1 went to ERROR: No valid host was found." in answer["error"]


def test_a_second_run_does_not_run_stack_sh_again(make_host):
    """A second stack.sh would fail on the leftovers of the first one."""
    node = make_host("controller", stack_sh="#!/bin/bash\nexit 1\n")
    node.run("devstack-build")
    before = stages(node)

    done = node.run("devstack-build")

    assert done.returncode == 1
    assert "this instance was built before" in done.stderr
    assert stages(node) == before


def test_another_operating_system_is_named(make_host):
    """An image of the wrong family must fail here, not half an hour later in DevStack."""
    node = make_host("controller", operating_system="ubuntu-24.04", release="2025.2")

    assert node.run("devstack-build").returncode == 1

    assert node.show()["error"] == "the image is ubuntu 22.04, not ubuntu 24.04"


def test_a_host_that_cannot_nest_is_named(make_host):
    node = make_host("controller")
    (node.root / "dev/kvm").unlink()

    node.run("devstack-build")

    assert node.show()["error"].startswith("no /dev/kvm; create the instance with nested")


@pytest.mark.parametrize(
    ("os_release", "error"),
    [
        ("", "the image is  , not ubuntu 22.04"),
        ("ID=ubuntu\n", "the image is ubuntu , not ubuntu 22.04"),
        ("ID='ubuntu", "os-release is not readable as shell"),
    ],
    ids=["empty", "no version", "cut off"],
)
def test_an_odd_os_release_is_named(make_host, os_release, error):
    node = make_host("controller")
    node.write("etc/os-release", os_release)

    node.run("devstack-build")

    assert error in node.show()["error"]


@pytest.mark.parametrize("size", ["", "\n", "many"])
def test_a_disk_without_a_size_is_named(make_host, size):
    node = make_host("controller")
    node.write("sys/dev/block/8:1/partition", "1")
    node.write("sys/dev/block/size", size)
    node.fake("findmnt", f"[[ $* == *MAJ* ]] && echo ' 8:1' || echo {10 * 2**30}")

    node.run("devstack-build")

    assert f"the size of the disk is '{size.strip()}', no number" in node.show()["error"]


def test_a_disk_that_was_not_grown_is_named_with_its_sizes(make_host):
    node = make_host("controller")
    node.write("sys/devices/sda/size", str(500 * 2**30 // 512))
    node.write("sys/devices/sda/sda1/partition", "1")
    (node.root / "sys/dev/block").mkdir(parents=True)
    (node.root / "sys/dev/block/8:1").symlink_to("../../devices/sda/sda1")
    node.fake("findmnt", f"[[ $* == *MAJ* ]] && echo ' 8:1' || echo {10 * 2**30}")

    node.run("devstack-build")

    assert node.show()["error"] == "/ has 10 of the disk's 500 GiB; it was not grown"


def test_a_ref_that_does_not_exist_is_named_after_a_bounded_retry(make_host):
    node = make_host("controller", devstack_ref="stable/1999.9")

    node.run("devstack-build")

    error = node.show()["error"]
    assert error.startswith("stable/1999.9 of file://")
    assert "could not be cloned in 5 attempts: fatal: couldn't find remote ref" in error
    assert log(node).count("couldn't find remote ref stable/1999.9") == 5


def test_git_that_fails_twice_is_tried_again(make_host):
    node = make_host("controller")
    node.fake(
        "git",
        'echo "git $*" >>"$FAKE_STATE/git"\n'
        '(( $(wc -l <"$FAKE_STATE/git") > 2 )) || { echo "returned error: 503"; exit 128; }\n'
        'exec /usr/bin/git "$@"',
    )

    assert node.run("devstack-build").returncode == 0, log(node)


def test_packages_that_a_lock_kept_out_are_installed_again(make_host):
    """cloud-init gives up on apt's lock after half a minute."""
    node = make_host("controller")
    node.fake(
        "cloud-init",
        'echo "cloud-init $*" >>"$FAKE_STATE/calls"\n'
        '(( $(grep -c single "$FAKE_STATE/calls") < 3 )) || touch "$FAKE_STATE/git-is-there"',
    )
    node.fake(
        "bash",
        "command() {\n"
        "  [[ $* != '-v git' || -e $FAKE_STATE/git-is-there ]] && builtin command \"$@\"\n"
        "}\n"
        "export -f command\n"
        'exec /bin/bash "$@"',
    )

    assert node.run("devstack-build").returncode == 0, log(node)

    single = "cloud-init single --name package_update_upgrade_install --frequency always"
    assert node.calls().count(single) == 3
    # cloud-init does not retry a failed download of the package lists.
    assert node.calls().count("apt-get --quiet update") == 3


def test_packages_that_never_come_are_named_with_apts_own_reason(make_host):
    node = make_host("controller")
    node.fake("cloud-init", "[[ $1 == schema ]] || echo 'E: Could not get lock /var/lib/dpkg/lock'")
    node.fake(
        "bash",
        "command() { [[ $* != '-v git' ]] && builtin command \"$@\"; }\n"
        'export -f command\nexec /bin/bash "$@"',
    )

    node.run("devstack-build")

    reason = "git could not be installed in 5 attempts: E: Could not get lock /var/lib/dpkg/lock"
    assert node.show()["error"] == reason
    assert node.show()["class"] == "infrastructure"


def test_nothing_reaches_cloud_inits_output(make_host):
    """cloud-init copies it to the serial console, which all users of the project can read."""
    done = make_host("controller").run("devstack-build")

    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("role", ["controller", "worker"])
def test_a_finished_node_is_ready_again_after_a_reboot(make_host, role):
    node = make_host(role)
    node.run("devstack-build")
    node.reboot()

    assert node.run("devstack-boot").returncode == 0

    assert node.show()["verdict"] == "ready"
    assert node.calls().count("host network") == (2 if role == "controller" else 0)
    chassis = f"set open_vswitch . external-ids:hostname={socket.gethostname()}"
    assert [call for call in node.calls() if call.endswith(chassis)]


def test_a_node_that_does_not_come_back_is_a_failure(make_host):
    node = make_host("controller")
    node.run("devstack-build")
    node.reboot()
    node.fake("devstack-host-network", "echo 'Open vSwitch has made no br-ex' >&2; exit 1")

    assert node.run("devstack-boot").returncode == 1

    error = "not restored after a reboot: Open vSwitch has made no br-ex"
    assert node.show()["error"] == error


def test_an_interrupted_build_is_not_taken_up_after_a_reboot(make_host):
    node = make_host("controller")
    node.state("stage", "stack.sh")
    node.reboot()

    assert node.run("devstack-boot").returncode == 0

    assert node.show()["class"] == "interrupted"
    assert node.calls() == []
