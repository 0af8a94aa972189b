"""Options of a bake."""

from argparse import ArgumentParser

import pytest

from host.errors import RefusedError
from job.bake.options import add_options, options_of


def parsed(*words):
    parser = ArgumentParser()
    add_options(parser)
    return options_of(parser.parse_args(words))


def test_three_images_are_kept_by_default():
    assert parsed().keep == 3


@pytest.mark.parametrize("number", ["0", "-1"])
def test_the_new_image_is_always_kept(number):
    with pytest.raises(RefusedError, match="at least 1"):
        parsed("--keep", number)
