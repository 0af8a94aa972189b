"""Known: every secret that this process has met, and texts without them.

One list a process, like its standard output: what one part of the job has learnt, no other part
may print.
"""

import threading
from collections.abc import Iterable, Iterator

from job.redaction.forms import forms
from stacks.concealment import MASK, KeyLines, conceal_shapes


class Secrets:
    """A list of secrets that grows. For all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._met: set[str] = set()
        self._forms: frozenset[str] = frozenset()

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these from now on, in each of their forms."""
        with self._lock:
            new = set(secrets) - self._met
            self._met |= new
            self._forms = self._forms.union(*map(forms, new))

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._met, self._forms = set(), frozenset()

    def mask(self, text: str) -> str:
        """The whole text, with `***` in place of secrets and of what looks like one."""
        return Passage(self).mask(text)

    def mask_known(self, text: str) -> str:
        """The text with `***` in place of secrets that were learnt.

        A search for one form after the other is many times faster than a regular expression of
        all of them.
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
    """One text on its way out, in pieces of whole lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._keys = KeyLines()

    def mask(self, lines: str) -> str:
        """The next piece without secrets."""
        return conceal_shapes(self._keys.mask(self._secrets.mask_known(lines)))


SECRETS = Secrets()
"""Those of this process."""


def _occurrences(form: str, text: str) -> Iterator[tuple[int, int]]:
    start = text.find(form)
    while start >= 0:
        yield start, start + len(form)
        start = text.find(form, start + 1)
