"""Originals: builds them unless they are built already, and prints their folder."""

import sys

from localcloud.errors import LocalcloudError
from tests.originals.programs import ensure

try:
    print(ensure())
except LocalcloudError as error:
    sys.exit(str(error))
