"""Checkout: targets and files that the job needs are checked before a project is leased."""

import os
import re
import shutil
from pathlib import Path

import pytest

from host.errors import JobError
from job.run.phases.prerequisites import PREREQUISITES
from job.run.phases.suite import SUITE
from job.run.preflight import checkout

STANDIN = Path(__file__).parents[4] / "job" / "standin" / "capo"
CALLED = {kind: [*PREREQUISITES[kind], SUITE[kind]] for kind in ("e2e", "conformance")}


@pytest.fixture
def capo(tmp_path):
    """A copy of the stand-in's checkout, which a test may damage."""
    return shutil.copytree(STANDIN, tmp_path / "capo")


@pytest.fixture
def check(capo, ending):
    """Check the checkout for one kind of job; return the report."""

    def look(kind="e2e", **variables):
        conf = capo / "test/e2e/data/e2e_conf.yaml"
        environ = {"PATH": os.environ["PATH"], **variables}
        return checkout.check(capo, CALLED[kind], conf, environ, ending)

    return look


def without(capo, target, *, declared):
    """Remove a target's rule from the Makefile; `declared` keeps it in .PHONY."""
    makefile = capo / "Makefile"
    text = re.sub(rf"^{target}:.*\n(\t.*\n)*", "", makefile.read_text(), flags=re.MULTILINE)
    head, phony, rest = text.partition(".PHONY:")
    names, _, rest = rest.partition("\n")
    kept = [name for name in names.split() if declared or name != target]
    makefile.write_text(f"{head}{phony} {' '.join(kept)}\n{rest}")


@pytest.mark.parametrize("kind", CALLED)
def test_a_whole_checkout_passes(check, kind):
    report = check(kind)

    assert (report.problems, report.warnings) == ([], [])


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "absent"])
@pytest.mark.parametrize(
    ("kind", "target"), [(kind, target) for kind in CALLED for target in CALLED[kind]]
)
def test_every_target_that_the_job_calls_is_missed(check, capo, kind, target, declared):
    """For a target that only .PHONY names, make succeeds without doing anything."""
    without(capo, target, declared=declared)

    [line] = check(kind).problems
    assert line == (
        f"checkout: {capo}/Makefile makes no '{target}', which the job calls; take another checkout"
    )


def test_a_target_of_a_recursive_call_is_missed(check, capo):
    """test-conformance-fast calls make again."""
    without(capo, "test-conformance", declared=False)

    assert [line.split("'")[1] for line in check("conformance").problems] == ["test-conformance"]
    assert check("e2e").problems == []


def test_a_recursive_call_is_followed_into_its_folder(check, capo):
    with (capo / "Makefile").open("a") as makefile:
        makefile.write("build-e2e-tests: tool\ntool:\n\t$(MAKE) -C tools bin/tool V=1\n")
    (capo / "tools").mkdir()
    (capo / "tools" / "Makefile").write_text("bin/other:\n")

    [line] = check().problems
    assert line.startswith(f"checkout: {capo}/tools/Makefile makes no 'bin/tool'")


def test_a_file_that_a_target_needs_is_missed(check, capo):
    with (capo / "Makefile").open("a") as makefile:
        makefile.write("e2e-prerequisites: templates/a.yaml\n")

    assert check().problems == [
        (
            f"checkout: {capo}/Makefile makes no 'templates/a.yaml', which 'e2e-prerequisites'"
            " needs; take another checkout"
        )
    ]


def test_targets_of_the_other_kind_are_not_needed(check, capo):
    without(capo, "test-e2e", declared=False)
    without(capo, "build-e2e-tests", declared=False)

    assert check("conformance").problems == []


def test_nothing_of_the_makefile_runs(check, capo, tmp_path):
    """Neither recipes, nor recursive make calls, nor $(shell …) in variables are run."""
    witness = tmp_path / "witness"
    with (capo / "Makefile").open("a") as makefile:
        makefile.write(
            f"A := $(shell touch {witness})\n.ONESHELL:\n"
            f"build-e2e-tests: more\nmore:\n\ttouch {witness}\n\t$(MAKE) other\n"
            f"other:\n\t+touch {witness}\n"
        )
    before = sorted(capo.rglob("*"))

    assert check().problems == []
    assert not witness.exists()
    assert sorted(capo.rglob("*")) == before


def test_a_path_that_only_a_call_of_the_shell_would_tell_is_a_warning(check, capo):
    with (capo / "Makefile").open("a") as makefile:
        makefile.write("ROOT = $(shell pwd)\nbuild-e2e-tests: $(ROOT)/suite.py\n")
    report = check()

    assert report.problems == []
    assert report.warnings[0].startswith(f"checkout: {capo}/Makefile makes no '/suite.py'")


def test_a_makefile_that_cannot_be_looked_through_is_a_warning(check, capo):
    """It may depend on $(shell …), which returns nothing here."""
    with (capo / "Makefile").open("a") as makefile:
        makefile.write("$(if $(shell echo x),,$(error no shell))\n")
    report = check()

    assert report.problems == []
    assert "cannot be found out" in report.warnings[0]
    assert "no shell" in report.warnings[0]


def test_a_program_that_a_recipe_calls_must_be_on_path(check, capo):
    with (capo / "Makefile").open("a") as makefile:
        makefile.write("build-e2e-tests: more\nmore:\n\tcd . && no-such-program --x | sort\n")

    assert check().problems == [
        "no-such-program: it is not on PATH, and CAPO's Makefile calls it; install it"
    ]


@pytest.mark.parametrize(
    "recipe",
    [
        "command -v no-such-program || exit 0; no-such-program",
        "$(MAKE) bin/no-such-program; PATH=bin no-such-program",
        "./no-such-program; $${A} x; a() { :; }; [ -e x ] && true; echo no-such-program",
    ],
    ids=["looked for", "built", "no program"],
)
def test_a_program_that_the_recipes_see_to_need_not_be_there(check, capo, recipe):
    with (capo / "Makefile").open("a") as makefile:
        makefile.write(f"build-e2e-tests: more\nmore:\n\t{recipe}\nbin/no-such-program:\n\ttrue\n")

    assert check().problems == []


def test_the_suites_configuration_is_missed(check, capo):
    (capo / "test/e2e/data/e2e_conf.yaml").unlink()

    [line] = check().problems
    assert line.startswith(f"checkout: there is no {capo}/test/e2e/data/e2e_conf.yaml")


def test_without_make_another_check_speaks(check, program):
    folder = program("true")
    report = check(PATH=str(folder))

    assert (report.problems, report.warnings) == ([], [])


def test_a_run_that_ends_is_not_kept(check, ending):
    ending.ask(JobError("ended"))

    with pytest.raises(JobError, match="ended"):
        check()
