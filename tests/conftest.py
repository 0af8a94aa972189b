"""All tests: what is the same for each of them."""

import os


def pytest_configure() -> None:
    """Let the stand-in gcp plugin sleep less than the real one after each instance."""
    os.environ.setdefault("LOCALCLOUD_INSTANCE_DELAY_S", "0.1")
