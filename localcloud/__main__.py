"""Main: `python -m localcloud`."""

import sys

from host.inherited import leave_behind

if __name__ == "__main__":
    # Before our other imports: the variables that it drops may change how they behave.
    person = leave_behind()

    from localcloud.cli import main

    sys.exit(main(person=person))
