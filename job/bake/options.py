"""Options: the command line of `python -m job bake`."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass

from host.errors import RefusedError
from job.cloud.cleanup.arguments import add_budget

_KEPT = 3


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of the command."""

    keep: int
    budget_s: float


def add_options(parser: ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--keep",
        type=int,
        default=_KEPT,
        metavar="N",
        help="images of each node that are kept, the new one included (%(default)d)",
    )
    add_budget(parser)


def options_of(given: Namespace) -> Options:
    """Convert parsed arguments. Raises RefusedError."""
    if given.keep < 1:
        raise RefusedError("--keep: the new image is one of them; keep at least 1")
    return Options(keep=given.keep, budget_s=given.budget)
