"""Kind: a command line names one cloud, and the daemon's command line names the same."""

import argparse

import pytest

from localcloud.errors import LocalcloudError
from localcloud.kind import Kind


def of(*arguments):
    """Parse options as every command of localcloud does."""
    parser = argparse.ArgumentParser()
    Kind.add_options(parser)
    return Kind.of(parser.parse_args(arguments))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "localcloud"),
        (["--machines"], "localcloud-machines"),
        (["--machines", "--devstack", "standin"], "localcloud-machines"),
        (["--machines", "--devstack", "real"], "localcloud-real"),
    ],
)
def test_each_kind_has_a_state_folder_of_its_own(arguments, name):
    assert of(*arguments).name == name
    assert of(*of(*arguments).options) == of(*arguments)


def test_the_daemon_gets_the_mirrors_as_an_absolute_path(tmp_path, monkeypatch):
    """It runs in another folder than the person."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mirrors").mkdir()
    kind = of("--machines", "--devstack", "real", "--mirrors", "mirrors")

    assert kind.options[-1] == str(tmp_path / "mirrors")
    assert of(*kind.options) == kind


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--devstack", "real"], "--devstack real: it is built on machines; add --machines"),
        (["--machines", "--mirrors", "/"], "--mirrors: only the real DevStack is cloned from them"),
        (
            ["--machines", "--devstack", "real", "--mirrors", "/no/such"],
            "--mirrors: /no/such is no folder",
        ),
    ],
)
def test_what_names_no_cloud_is_refused(arguments, reason):
    with pytest.raises(LocalcloudError) as refused:
        of(*arguments)

    assert str(refused.value) == reason
