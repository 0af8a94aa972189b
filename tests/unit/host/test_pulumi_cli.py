"""Versions: which Pulumi CLI is accepted, and how the others are refused."""

import pytest

from host.errors import JobError
from host.pulumi_cli import find_cli, parse, required_version


def test_a_cli_as_new_as_the_sdk_is_taken(cli, environ):
    assert find_cli(environ) == cli.folder / "pulumi"


def test_a_missing_cli_is_named_with_the_version_to_install(environ, tmp_path):
    with pytest.raises(JobError, match=f"not on PATH; install Pulumi {required_version()}"):
        find_cli(environ | {"PATH": str(tmp_path)})


def test_an_old_cli_is_refused_with_its_version(cli, environ):
    cli.answer("version", stdout="v3.99.0\n")

    with pytest.raises(JobError, match=r"is 3\.99\.0, too old; install"):
        find_cli(environ)


def test_a_broken_cli_is_refused(cli, environ):
    cli.answer("version", code=1)

    with pytest.raises(JobError, match="does not answer"):
        find_cli(environ)


def test_a_cli_without_language_host_is_refused(cli, environ):
    """Otherwise the failure would come only after the stack was created."""
    (cli.folder / "pulumi-language-python").unlink()

    with pytest.raises(JobError, match="no pulumi-language-python beside it"):
        find_cli(environ)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3.274.1", (3, 274, 1)), ("3.9.0-dev.1", (3, 9, 0)), ("1.26", (1, 26)), ("dev", ())],
)
def test_versions_compare_by_number(text, numbers):
    assert parse(text) == numbers
