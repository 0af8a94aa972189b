"""Endings: exits, signals and time limits of each program are told apart."""

import pytest


def log(node):
    return (node.root / "var/log/devstack-node/build.log").read_text()


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/bash\necho Starting Keystone\nexec /bin/sleep 7200\n",
        # A program that ignores SIGTERM also ends by our time limit.
        "#!/bin/bash\ntrap '' TERM\necho Starting Keystone\n/bin/sleep 8\nexit 0\n",
    ],
    ids=["hangs", "heeds no signal"],
)
def test_stack_sh_that_hangs_is_ended_with_the_line_where_it_was(make_host, script):
    node = make_host("controller", script, node_deadline_s=5)

    assert node.run("devstack-build").returncode == 1

    error = node.show()["error"]
    assert error == "stack.sh did not end within 5 s: Starting Keystone"


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("kill -KILL $$", "was killed by SIGKILL after"),
        ("kill -SEGV $$", "was killed by SIGSEGV after"),
        ("kill -ABRT $$", "was killed by SIGABRT after"),
        ("kill -TERM $$", "was killed by SIGTERM after"),
        # bash's exit status for a child that was killed by SIGKILL.
        ("exit 137", "was killed by SIGKILL after"),
        ("exit 124", "ended with 124: "),
        ("exit 125", "ended with 125: "),
    ],
)
def test_an_end_that_only_looks_like_our_time_limit_is_told_apart(make_host, end, told):
    """With `timeout`, the statuses 124 and 137 could also be the program's own."""
    script = f"#!/bin/bash\necho 'E: Unable to locate package uwsgi'\n{end}\n"
    node = make_host("controller", stack_sh=script)

    assert node.run("devstack-build").returncode == 1

    error = node.show()["error"]
    assert error.startswith(f"stack.sh {told}")
    assert error.endswith(": E: Unable to locate package uwsgi")


KILLED = "Out of memory: Killed process 4711 (mysqld) total-vm:9876544kB, anon-rss:8000000kB"


@pytest.mark.parametrize("end", ["kill -KILL $$", "exit 1", "exec /bin/sleep 7200"])
def test_what_the_kernel_killed_meanwhile_is_told(make_host, end):
    """The victim may be stack.sh, a database that it needs, or one that it now waits for."""
    script = f"#!/bin/bash\necho ERROR: no answer\n{end}\n"
    node = make_host("controller", stack_sh=script, node_deadline_s=5)
    node.fake(
        "journalctl",
        f"echo 'oom-kill:constraint=CONSTRAINT_NONE'; echo '{KILLED}'; echo 'eth0: link up'",
    )

    node.run("devstack-build")

    error = node.show()["error"]
    assert f"; the kernel's log says: {KILLED}: ERROR: no answer" in error


def test_only_the_kernels_lines_of_the_programs_own_time_are_asked_for(make_host):
    node = make_host("controller", stack_sh="#!/bin/bash\nexit 1\n")
    node.fake("journalctl", 'echo "journalctl $*" >>"$FAKE_STATE/calls"')

    node.run("devstack-build")

    [asked] = [call for call in node.calls() if call.startswith("journalctl --dmesg")]
    assert 5 <= int(asked.rpartition("--since=-")[2].removesuffix("s")) < 60


def test_any_step_that_is_killed_is_told_by_its_signal(make_host):
    node = make_host("controller")
    node.fake("sysctl", "kill -KILL $$")

    node.run("devstack-build")

    assert node.show()["error"].startswith("kernel parameters was killed by SIGKILL after ")


def test_a_build_that_is_killed_is_no_longer_pending(make_host):
    """A killed build cannot record it; that cloud-init, its parent, has ended shows it."""
    script = '#!/bin/bash\nkill -KILL "$(<"$FAKE_STATE/build.pid")"\n'
    node = make_host("controller", stack_sh=script)
    node.run("bash", "-c", 'echo $$ >"$FAKE_STATE/build.pid"; exec devstack-build')
    assert node.show()["verdict"] == "pending"

    node.write("run/cloud-init/result.json", '{"v1": {"errors": []}}')

    answer = node.show()
    assert (answer["verdict"], answer["class"]) == ("failed", "interrupted")
    reason = "devstack-build ended without a verdict during 'stack.sh'; replace the instance"
    assert answer["error"] == reason


def test_a_build_that_is_ended_by_a_signal_says_so(make_host):
    """A shutdown ends it so, or a package that restarts cloud-init while cloud-init runs."""
    script = '#!/bin/bash\nkill "$(<"$FAKE_STATE/build.pid")"\n'
    node = make_host("controller", stack_sh=script)

    node.run("bash", "-c", 'echo $$ >"$FAKE_STATE/build.pid"; exec devstack-build')

    answer = node.show()
    assert (answer["verdict"], answer["class"]) == ("failed", "interrupted")
    assert answer["error"] == "ended by a signal during 'stack.sh'; replace the instance"


def test_git_that_stalls_is_ended_each_time_and_named(make_host):
    """The class is infrastructure: a fresh instance may succeed."""
    node = make_host("controller", git_timeout_s=1)
    node.fake("git", "exec /bin/sleep 7200")

    assert node.run("devstack-build").returncode == 1

    assert node.show()["error"].endswith("in 5 attempts: fatal: git did not end within 1 s")
    assert node.show()["class"] == "infrastructure"
    assert log(node).count("git did not end within 1 s") == 5


def test_git_that_is_killed_is_no_time_out(make_host):
    node = make_host("controller")
    node.fake("git", "kill -KILL $$")

    node.run("devstack-build")

    assert "in 5 attempts: fatal: git was killed by SIGKILL after " in node.show()["error"]
    assert "did not end within" not in log(node)
    assert "Killed" not in log(node)


def test_a_reboot_while_it_comes_back_is_no_failure(make_host):
    """The shutdown ends the unit by a signal, like every other unit."""
    node = make_host("worker")
    node.run("devstack-build")
    node.reboot()
    node.fake("ovs-vsctl", 'kill -TERM "$(<"$FAKE_STATE/boot.pid")"; kill -TERM $$')

    node.run("bash", "-c", 'echo $$ >"$FAKE_STATE/boot.pid"; exec devstack-boot')
    assert (node.show()["verdict"], node.show()["stage"]) == ("pending", "reboot: chassis")

    node.fake("ovs-vsctl", "exit 0")
    node.reboot()
    assert node.run("devstack-boot").returncode == 0
    assert node.show()["verdict"] == "ready"


def test_a_program_that_is_killed_after_a_reboot_is_told(make_host):
    node = make_host("worker")
    node.run("devstack-build")
    node.reboot()
    node.fake("ovs-vsctl", "kill -KILL $$")

    assert node.run("devstack-boot").returncode == 1

    error = node.show()["error"]
    assert error.startswith("not restored after a reboot: chassis was killed by SIGKILL after ")
