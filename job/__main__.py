"""Entry point of `python -m job`."""

import sys

from host.inherited import leave_behind

if __name__ == "__main__":
    # First of all, since imported modules read the environment.
    person = leave_behind()

    from job.cli import main
    from job.redaction import sources
    from job.redaction.known import SECRETS
    from job.redaction.printing import mask_standard_streams

    # From the user's whole environment, since the suite gets more of it than we do.
    SECRETS.learn(sources.of_environment(person))
    mask_standard_streams()
    sys.exit(main(person=person))
