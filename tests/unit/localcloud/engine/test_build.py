"""Build: once, completely or not at all, and with a one-line reason if it fails."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localcloud import programs
from localcloud.engine.build import ensure_built
from localcloud.errors import LocalcloudError


def builds(toolbox):
    return [call for call in toolbox.calls("go") if call.startswith("build")]


def test_all_three_programs_are_there_and_run(toolbox, environ, tmp_path):
    """Without its launcher, the language host fails only when a program starts."""
    toolbox.add_go()
    built = ensure_built(tmp_path / "cache", environ)

    assert sorted(path.name for path in built.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
    ]
    assert all(path.stat().st_mode & 0o111 for path in built.iterdir())


def test_what_was_built_is_found_again(toolbox, environ, tmp_path):
    toolbox.add_go()
    first = ensure_built(tmp_path / "cache", environ)

    assert ensure_built(tmp_path / "cache", environ) == first
    assert len(builds(toolbox)) == 2


def test_another_go_builds_anew(toolbox, environ, tmp_path):
    toolbox.add_go()
    first = ensure_built(tmp_path / "cache", environ)
    toolbox.add_go(version="go1.99.2")

    assert ensure_built(tmp_path / "cache", environ) != first


def test_two_at_once_build_once(toolbox, environ, tmp_path, capsys):
    toolbox.add_go(build_s=0.3)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda _: ensure_built(tmp_path / "cache", environ), range(2)))

    assert found[0] == found[1]
    assert len(builds(toolbox)) == 2
    assert "waiting for another process" in capsys.readouterr().err


def test_progress_is_shown_in_plain_lines(toolbox, environ, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(programs, "_PROGRESS_S", 0.2)
    toolbox.add_go(build_s=0.5)
    ensure_built(tmp_path / "cache", environ)
    lines = capsys.readouterr().err.splitlines()

    assert "localcloud: building pulumi: 0 s, 1 packages" in lines
    assert all(line.startswith("localcloud: ") for line in lines)


def test_a_failed_build_leaves_nothing_that_looks_built(toolbox, environ, tmp_path):
    toolbox.add_go(fails=True)

    with pytest.raises(LocalcloudError, match=r"was not built: .*undefined: everything; see "):
        ensure_built(tmp_path / "cache", environ)
    toolbox.add_go()
    assert (ensure_built(tmp_path / "cache", environ) / "pulumi").exists()


def test_what_a_killed_build_left_is_cleared(toolbox, environ, tmp_path):
    toolbox.add_go()
    leftover = tmp_path / "cache/engine/building-x/pulumi"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    ensure_built(tmp_path / "cache", environ)

    assert not leftover.parent.exists()


def test_without_go_it_says_what_to_install(environ, tmp_path):
    with pytest.raises(LocalcloudError, match=r"go: not on PATH.*; install Go 1\.\d+\S* or newer$"):
        ensure_built(tmp_path / "cache", environ | {"PATH": str(tmp_path)})


def test_an_old_go_is_named_with_its_version(toolbox, environ, tmp_path):
    toolbox.add_go(version="go1.19.8")

    with pytest.raises(LocalcloudError, match=r"too old \(go1\.19\.8\); install Go 1\."):
        ensure_built(tmp_path / "cache", environ)
    assert not Path(tmp_path / "cache").exists()


def test_a_go_that_cannot_reach_its_successor_gives_its_own_reason(toolbox, environ, tmp_path):
    """From 1.21 on, Go itself refuses a go.mod that requires a newer version."""
    (toolbox.folder / "go").write_text("#!/bin/sh\necho 'go: needs go >= 1.26' >&2; exit 1\n")
    (toolbox.folder / "go").chmod(0o755)

    with pytest.raises(LocalcloudError, match=r"too old \(go: needs go >= 1\.26\)"):
        ensure_built(tmp_path / "cache", environ)
