"""Folders: where state and caches are, by precedence."""

from pathlib import Path

import pytest

from job.folders import CHECKOUT, cache_dir, state_dir


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
