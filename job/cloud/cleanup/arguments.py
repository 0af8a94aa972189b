"""Arguments: the command line of `python -m job cleanup`."""

import argparse
from pathlib import Path

from job.cloud.cleanup.budget import BUDGET_S

_EXAMPLES = """\
examples:
  python -m job cleanup --stack ci                  list what is left of one stack
  python -m job cleanup --stack ci --yes            remove it, with its state if there is one
  python -m job cleanup --project my-project        list what is left of all stacks of capo-e2e
  python -m job cleanup --project my-project --yes  remove it, whoever has made it
"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Declare the options and examples."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLES
    parser.add_argument("--stack", help="the stack's name")
    parser.add_argument("--settings", type=Path, help="its settings, as for the other commands")
    parser.add_argument("--project", help="look here, by the marks that the program leaves alone")
    parser.add_argument("--cluster-name", help="whose stacks, with --project (capo-e2e)")
    parser.add_argument("--region", help="only stacks that are in no other, with --project")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only list, as without --yes")
    what.add_argument("--yes", action="store_true", help="remove what is listed")
    parser.add_argument("--kept", action="store_true", help="also what is kept for somebody still")
    add_budget(parser)


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Declare `--budget`."""
    parser.add_argument(
        "--budget",
        type=float,
        default=BUDGET_S,
        metavar="SECONDS",
        help="how long it may take until it names what is left (%(default)g)",
    )
