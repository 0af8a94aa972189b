"""Folders: the precedence of variables that name the state and cache folders."""

from pathlib import Path

import pytest

from host.errors import RefusedError
from host.folders import CHECKOUT, cache_dir, state_dir


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"HOME": "/h"}, "/h/.local/state/devstack"),
        ({"HOME": "/h", "XDG_STATE_HOME": "/x"}, "/x/devstack"),
        ({"HOME": "/h", "XDG_STATE_HOME": "/x", "DEVSTACK_STATE_DIR": "/d"}, "/d"),
        ({"HOME": "/h", "XDG_STATE_HOME": ""}, "/h/.local/state/devstack"),
    ],
)
def test_state_is_where_the_most_special_variable_says(environ, folder):
    assert state_dir(environ) == Path(folder)


def test_caches_have_variables_of_their_own():
    assert cache_dir({"HOME": "/h", "DEVSTACK_STATE_DIR": "/d"}) == Path("/h/.cache/devstack")
    assert cache_dir({"HOME": "/h", "DEVSTACK_CACHE_DIR": "/c"}) == Path("/c")


def test_the_checkout_is_the_folder_of_the_program():
    assert (CHECKOUT / "Pulumi.yaml").is_file()


@pytest.mark.parametrize(
    ("variable", "folder", "part"),
    [
        ("DEVSTACK_STATE_DIR", "/a${HOME}", "'${'"),
        ("DEVSTACK_STATE_DIR", "/a\nb", r"'\n'"),
        ("DEVSTACK_CACHE_DIR", "/a:b", "':'"),
        ("DEVSTACK_CACHE_DIR", "/a,b", "','"),
    ],
)
def test_a_name_that_not_every_program_can_be_given_is_refused(variable, folder, part):
    look = state_dir if "STATE" in variable else cache_dir

    with pytest.raises(RefusedError) as raised:
        look({variable: folder})
    line = str(raised.value)
    assert line.startswith(f"{variable}: {folder!r} holds {part}")
    assert line.endswith("; name another folder")


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a%20b", "\u00fc", "$HOME", 'a"b', "a;b"])
def test_other_names_are_taken(name):
    assert state_dir({"DEVSTACK_STATE_DIR": f"/{name}"}) == Path("/", name)
