"""Upload a guest's images to a cloud, or remove them.

`python -m tests.devstack.guest --clouds clouds.yaml` prints the ID of the image to boot. A later
upload with the same name replaces the images.
"""

import argparse
import os
import sys
from pathlib import Path

from host.errors import JobError
from host.folders import cache_dir
from stacks.clouds_yaml import ADMIN_CLOUD
from tests.devstack.connection import connect
from tests.devstack.guest.build import build
from tests.devstack.guest.upload import remove, upload


def main() -> int:
    options = _options()
    try:
        with connect(options.clouds, options.cloud) as connection:
            guest = None if options.remove else build(cache_dir(os.environ))
            remove(connection, options.name)
            if guest:
                print(upload(connection, guest, options.name))
    except JobError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.devstack.guest", description=__doc__)
    parser.add_argument("--clouds", type=Path, required=True, help="a clouds.yaml")
    parser.add_argument("--cloud", default=ADMIN_CLOUD, help="a cloud in it (%(default)s)")
    parser.add_argument("--name", default="guest", help="name of the image (%(default)s)")
    parser.add_argument("--remove", action="store_true", help="delete the images")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
