"""Control groups: the job's limits in both versions, and the warning if they are too low."""

import pytest

from job.run.preflight import cgroups

GIB = 2**30


def put(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n")
    return root


def version_2(root, files=(), path="/"):
    own = {"proc/self/cgroup": f"0::{path}", "sys/fs/cgroup/cgroup.controllers": "cpu memory"}
    return put(root, own | {f"sys/fs/cgroup/{name}": text for name, text in dict(files).items()})


def test_limits_and_throttling_of_a_pod(tmp_path):
    root = version_2(
        tmp_path,
        {
            "cpu.max": "200000 100000",
            "memory.max": 3 * GIB,
            "cpu.stat": "usage_usec 5\nnr_periods 9\nnr_throttled 7\nthrottled_usec 1500000",
        },
    )

    assert cgroups.limits(root) == {
        "cpus": 2.0,
        "memoryGib": 3.0,
        "throttledPeriods": 7,
        "throttledS": 1.5,
    }


def test_too_little_is_one_warning_with_number_and_floor(tmp_path):
    root = version_2(tmp_path, {"cpu.max": "200000 100000", "memory.max": 3 * GIB})
    report = cgroups.check(root=root, machine_cpus=8)

    [warning] = report.warnings

    assert report.problems == []
    assert warning == (
        "cgroup: the job has 2 CPUs of 4 and 3 GiB of 6 that the E2E suite needs; raise the"
        " pod's requests and limits"
    )
    assert report.facts["cgroup"]["cpus"] == 2.0


@pytest.mark.parametrize(
    ("cpus", "memory", "machine"), [("max 100000", "max", 4), ("400000 100000", 6 * GIB, 16)]
)
def test_enough_does_not_warn(tmp_path, cpus, memory, machine):
    root = version_2(tmp_path, {"cpu.max": cpus, "memory.max": memory})

    assert cgroups.check(root=root, machine_cpus=machine).warnings == []


def test_a_machine_with_few_cpus_needs_no_limit_to_be_too_small(tmp_path):
    assert "2 CPUs of 4" in cgroups.check(root=version_2(tmp_path), machine_cpus=2).warnings[0]


def test_the_narrowest_group_on_the_way_up_counts(tmp_path):
    """Docker in Docker nests its containers in the pod's group."""
    root = version_2(
        tmp_path,
        {
            "pod/cpu.max": "100000 100000",
            "pod/memory.max": 4 * GIB,
            "pod/inner/cpu.max": "max 100000",
            "pod/inner/memory.max": 5 * GIB,
        },
        path="/pod/inner",
    )
    limits = cgroups.limits(root)

    assert (limits["cpus"], limits["memoryGib"]) == (1.0, 4.0)


def version_1(root, files, path="/"):
    lines = f"4:memory:{path}\n2:cpu,cpuacct:{path}\n0::/"
    return put(root, {"proc/self/cgroup": lines} | files)


def test_version_1_is_read(tmp_path):
    root = version_1(
        tmp_path,
        {
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": 150000,
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": 100000,
            "sys/fs/cgroup/cpu/cpu.stat": "nr_periods 3\nnr_throttled 2\nthrottled_time 2500000000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 2 * GIB,
        },
        # The path on the host, which does not exist in a container.
        path="/kubepods/pod1",
    )

    assert cgroups.limits(root) == {
        "cpus": 1.5,
        "memoryGib": 2.0,
        "throttledPeriods": 2,
        "throttledS": 2.5,
    }


def test_version_1_without_limits_has_none(tmp_path):
    root = version_1(
        tmp_path,
        {
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": -1,
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": 100000,
            "sys/fs/cgroup/memory/memory.limit_in_bytes": 0x7FFFFFFFFFFFF000,
        },
    )
    limits = cgroups.limits(root)

    assert (limits["cpus"], limits["memoryGib"]) == (None, None)


def test_a_machine_without_control_groups_has_no_limits(tmp_path):
    report = cgroups.check(root=tmp_path, machine_cpus=8)

    assert report.warnings == []
    assert set(report.facts["cgroup"].values()) == {None}
