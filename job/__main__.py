"""Main: `python -m job`."""

import sys

from job.inherited import leave_behind

if __name__ == "__main__":
    # Before anything is imported that reads the environment.
    person = leave_behind()

    from job.cli import main

    sys.exit(main(person=person))
