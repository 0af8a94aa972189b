"""Job kind: a job runs the E2E tests or the conformance tests."""

from typing import Literal

Kind = Literal["e2e", "conformance"]
