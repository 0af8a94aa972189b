"""Configuration: texts and files become typed values, or problems that name the mistake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks import configuration
from stacks.settings import setting_fields

E2E_CONF = """
variables:
  OPENSTACK_FAILURE_DOMAIN: "az-a"
  OPENSTACK_FAILURE_DOMAIN_ALT: "az-b"
"""


@pytest.mark.parametrize(
    ("key", "raw", "wanted"),
    [
        ("worker", "yes", "true or false"),
        ("mtu", "many", "a whole number"),
        ("mtu", "1.5", "a whole number"),
        ("cpuAllocationRatio", "two", "a number"),
        ("zones", "us-east4-a", "a list of strings"),
        ("zones", "[1]", "a list of strings"),
        ("zones", '{"a": "b"}', "a list of strings"),
    ],
)
def test_a_wrong_type_is_refused_with_an_example(refusals, key, raw, wanted):
    [line] = refusals(**{key: raw})

    assert line.startswith(f"devstack:{key}: {raw!r} is not {wanted}; write it like ")


def test_az_names_are_read_from_an_e2e_conf(make_settings, tmp_path):
    path = tmp_path / "e2e_conf.yaml"
    path.write_text(E2E_CONF)

    assert make_settings(e2eConf=str(path)).availability_zones == ("az-a", "az-b")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "is not YAML at line"),
        ("variables: {}", "has no text for variables.OPENSTACK_FAILURE_DOMAIN"),
        ("[]", "has no text for variables.OPENSTACK_FAILURE_DOMAIN"),
        ("variables: {OPENSTACK_FAILURE_DOMAIN: [x]}", "OPENSTACK_FAILURE_DOMAIN"),
        ("variables: {OPENSTACK_FAILURE_DOMAIN: x}", "OPENSTACK_FAILURE_DOMAIN_ALT"),
    ],
)
def test_an_unusable_e2e_conf_is_refused(refusals, tmp_path, text, complaint):
    path = tmp_path / "e2e_conf.yaml"
    path.write_text(text)
    lines = refusals(e2eConf=str(path))

    assert lines
    assert all(line.startswith(f"devstack:e2eConf: '{path}' ") for line in lines)
    assert complaint in lines[0]


def test_without_a_worker_only_the_first_az_is_read(make_settings, tmp_path):
    path = tmp_path / "e2e_conf.yaml"
    path.write_text("variables: {OPENSTACK_FAILURE_DOMAIN: az-a}")

    assert make_settings(e2eConf=str(path), worker="false").availability_zones == ("az-a",)


@pytest.mark.parametrize("key", ["e2eConf", "sshAuthorizedKeysFile", "localConfFile"])
def test_a_missing_file_is_refused(refusals, tmp_path, key):
    path = tmp_path / "absent"

    assert refusals(**{key: str(path)}) == [
        (
            f"devstack:{key}: cannot read '{path}': No such file or directory; "
            "name a readable text file"
        )
    ]


def test_a_binary_file_is_refused(refusals, tmp_path):
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")

    [line] = refusals(localConfFile=str(path))
    assert "not text in UTF-8" in line


def test_a_key_file_adds_its_keys(make_settings, tmp_path):
    """The file has the format of authorized_keys, with comments and blank lines."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHrmC7wIIWd+7yNQB3OyqzRzfBKr4Kj0ZTzGrNyt1eI7 me"
    path = tmp_path / "keys"
    path.write_text(f"# mine\n\n{key}\n")

    assert make_settings(sshAuthorizedKeysFile=str(path)).ssh_authorized_keys == (key,)


def test_a_key_file_without_keys_is_refused(refusals, tmp_path):
    path = tmp_path / "keys"
    path.write_text("# none\n")

    assert refusals(sshAuthorizedKeysFile=str(path)) == [
        f"devstack:sshAuthorizedKeysFile: no key in '{path}'; put one a line"
    ]


@given(st.dictionaries(st.text(), st.text()))
def test_any_strings_are_values_or_problems(raw):
    """No input ends in a traceback."""
    values, problems = configuration.convert(raw)

    assert set(values) == {field.name for field in setting_fields().values()}
    assert all(str(problem) for problem in problems)
