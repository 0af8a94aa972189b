"""Main: `python -m job`."""

import sys

from host.inherited import leave_behind

if __name__ == "__main__":
    # Before anything is imported that reads the environment.
    person = leave_behind()

    from job.cli import main
    from job.redaction import sources
    from job.redaction.known import SECRETS
    from job.redaction.printing import mask_standard_streams

    # Of the person's environment, since the suite gets more of it than we do.
    SECRETS.learn(sources.of_environment(person))
    mask_standard_streams()
    sys.exit(main(person=person))
