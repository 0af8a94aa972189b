"""Build the originals now, if they were not yet."""

import sys

from localcloud.errors import LocalcloudError
from tests.originals.programs import ensure

try:
    print(ensure())
except LocalcloudError as error:
    sys.exit(str(error))
