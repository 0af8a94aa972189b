"""Known: the secrets that this process has met, and the masking of texts.

The list belongs to the process, like its standard output: no part of the job may print a secret
that another part has read.
"""

import threading
from collections.abc import Iterable, Iterator

from job.redaction.forms import forms
from stacks.concealment import MASK, KeyLines, conceal_shapes


class Secrets:
    """A growing list of secrets. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._met: set[str] = set()
        self._forms: frozenset[str] = frozenset()

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these secrets from now on, in all their forms."""
        with self._lock:
            new = set(secrets) - self._met
            self._met |= new
            self._forms = self._forms.union(*map(forms, new))

    def forget(self) -> None:
        with self._lock:
            self._met, self._forms = set(), frozenset()

    def mask(self, text: str) -> str:
        """Replace secrets, and text that looks like one, by `***`."""
        return Passage(self).mask(text)

    def mask_known(self, text: str) -> str:
        """Replace known secrets by `***`.

        Searching for the forms one by one is many times faster than one regular expression.
        """
        present = [form for form in self._forms if form in text]
        spans = sorted(span for form in present for span in _occurrences(form, text))
        pieces, end = [], 0
        for start, stop in spans:
            if start >= end:
                pieces += [text[end:start], MASK]
            end = max(end, stop)
        return "".join((*pieces, text[end:]))


class Passage:
    """Masks one text in pieces of whole lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._keys = KeyLines()

    def mask(self, lines: str) -> str:
        """Mask the next piece."""
        return conceal_shapes(self._keys.mask(self._secrets.mask_known(lines)))


SECRETS = Secrets()
"""The secrets of this process."""


def _occurrences(form: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)
