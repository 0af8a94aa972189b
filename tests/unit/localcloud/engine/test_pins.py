"""Pins: versions come from go.mod only, and are part of the cache key."""

from dataclasses import replace

import pytest

from host.pulumi_cli import parse, required_version
from localcloud.engine import pins


def test_the_cli_is_as_new_as_the_python_sdk():
    """The job refuses an older CLI."""
    assert parse(pins.CLI.version) >= parse(required_version())


@pytest.mark.parametrize("program", pins.ENGINE.programs, ids=lambda program: program.name)
def test_each_program_carries_its_modules_version(program):
    variable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

    assert f"-X {variable}={program.version}" in pins.build_flags(program)[-1]


def test_an_executable_holds_no_path_of_the_machine_that_built_it():
    assert "-trimpath" in pins.build_flags(pins.CLI)


def test_the_cache_changes_with_the_toolchain():
    assert pins.cache_key("go1.26.6 linux amd64") != pins.cache_key("go1.26.6 linux arm64")


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_the_cache_changes_with_a_pin_or_a_source(tmp_path, name):
    for file in ("go.mod", "go.sum"):
        (tmp_path / file).write_bytes((pins.CLI.folder / file).read_bytes())
    bundle = replace(pins.ENGINE, programs=(replace(pins.CLI, folder=tmp_path),))
    before = pins.cache_key("go", bundle)
    with (tmp_path / name).open("a") as file:
        file.write("// changed\n")

    assert pins.cache_key("go", bundle) != before


def test_a_module_that_is_not_required_is_an_error(tmp_path):
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.26\n")

    with pytest.raises(ValueError, match=r"go\.mod has no line"):
        _ = replace(pins.CLI, folder=tmp_path).version


def test_a_test_binary_is_compiled_with_the_tags_of_its_tests():
    program = replace(pins.CLI, test_tags=("one", "two"))

    assert pins.build_flags(program) == [*pins.build_flags(pins.CLI), "-tags", "one,two"]
