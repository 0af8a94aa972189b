"""Suite configuration: its variables; none if the file cannot be read."""

import pytest

from job.run.environment import suite_conf


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "capo/test/e2e/data/e2e_conf.yaml"),
        ({"E2E_DATA_DIR": "data"}, "capo/data/e2e_conf.yaml"),
        ({"E2E_DATA_DIR": "data", "E2E_CONF_PATH": "own.yaml"}, "capo/own.yaml"),
        ({"E2E_CONF_PATH": "/own.yaml"}, "/own.yaml"),
    ],
)
def test_it_is_where_make_takes_it_from(tmp_path, given, path):
    assert suite_conf.path_of(given, tmp_path / "capo") == tmp_path / path


def test_variables_are_those_that_are_text(tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("variables: {A: a, B: '', C: 1, D: null, 2: x}\n")

    assert suite_conf.variables(conf) == {"A": "a"}


@pytest.mark.parametrize("text", [None, "a: [", "[]", "variables: []", "", "variables:", b"\xff"])
def test_a_file_that_cannot_be_read_has_none(tmp_path, text):
    conf = tmp_path / "conf"
    if text is not None:
        conf.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert suite_conf.variables(conf) == {}
