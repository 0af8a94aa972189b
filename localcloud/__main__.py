"""Main: `python -m localcloud`."""

import sys

from host.inherited import leave_behind

if __name__ == "__main__":
    person = leave_behind()

    from localcloud.cli import main

    sys.exit(main(person=person))
