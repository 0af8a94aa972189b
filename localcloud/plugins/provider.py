"""Provider: the interface of a stand-in plugin, with Python values instead of protocol messages.

Subclasses document a method only where they differ from the text here.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from localcloud.plugins.values import Properties

Kind = Literal["add", "update", "delete"]
Severity = Literal["debug", "info", "warning", "error"]


class ProviderError(Exception):
    """A refusal or failure. The engine shows its text unchanged."""


class PartialStateError(ProviderError):
    """A resource that exists, but not as asked. The engine keeps it in state and reports `reason`.

    Without the state entry nobody would delete the resource.
    """

    def __init__(self, resource_id: str, properties: Properties, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.properties = properties


@dataclass(frozen=True)
class Failure:
    """A reason to refuse an input. `path` is a property path, empty for the whole resource."""

    path: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as they go into state, with the reasons to refuse them; none: they are accepted."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Change:
    """The change of one property. `replace` asks for a new resource."""

    kind: Kind
    replace: bool = False


@dataclass(frozen=True)
class Difference:
    """The changes of a resource, by property path."""

    changes: dict[str, Change]
    stables: tuple[str, ...] = ()
    """Properties that keep their value in an update, so dependents can rely on it in a preview."""
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Found:
    """A resource that Read found: its ID, its properties, and the inputs that fit them."""

    resource_id: str
    properties: Properties
    inputs: Properties


@dataclass
class Call:
    """One request of the engine: its resource, its time limit, and its log."""

    urn: str
    type: str
    report: Callable[[Severity, str, bool], None]
    """Takes severity, text, and whether the text is only a passing status."""
    cancelled: threading.Event
    resource_id: str = ""
    preview: bool = False
    timeout_s: float = 0
    """0: no limit."""
    started: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """Logical name of the resource, the last part of its URN."""
        return self.urn.rsplit("::", 1)[-1]

    def status(self, text: str) -> None:
        """Show a line as the resource's status until the next one."""
        self.report("info", text, True)  # noqa: FBT003 - see `report`

    def warn(self, text: str) -> None:
        """Log a warning, which stays in the engine's output."""
        self.report("warning", text, False)  # noqa: FBT003 - see `report`

    def remaining_s(self) -> float | None:
        """Return the seconds until the engine's timeout, at least 0, or None without one."""
        if not self.timeout_s:
            return None
        return max(0.0, self.started + self.timeout_s - time.monotonic())

    def stop_reason(self) -> str | None:
        """Return the reason why the work must stop, or None.

        The texts are Go's, because the real plugins report them.
        """
        if self.cancelled.is_set():
            return "context canceled"
        return "context deadline exceeded" if self.remaining_s() == 0 else None


class Provider(ABC):
    """The methods of Pulumi's ResourceProvider service that the stand-ins have.

    Every method may raise ProviderError.
    """

    name: str
    package: str
    """The plugin's Python SDK. The stand-in has the same version."""
    accept_secrets: bool
    """True: secret values arrive marked. False: the engine removes the marks, and marks outputs."""

    def check_config(self, news: Properties) -> Checked:
        """Check the configuration of the provider itself. By default everything is accepted."""
        return Checked(news)

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        """Return no difference: no change of configuration replaces our providers."""
        del olds, news
        return Difference({})

    def configure(self, args: Properties, call: Call) -> None:
        """Take the configuration. The engine calls this before any call on a resource."""
        del args, call

    @abstractmethod
    def check(self, call: Call, news: Properties) -> Checked:
        """Return a resource's inputs with defaults, and the reasons to refuse them."""

    @abstractmethod
    def diff(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Difference:
        """Return the changes from state to the new inputs. Change nothing."""

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Create the resource. Return its ID and outputs.

        In a preview create nothing; outputs that only the creation decides are UNKNOWN.
        """

    @abstractmethod
    def read(self, call: Call, state: Properties, inputs: Properties) -> Found | None:
        """Return the resource as it is now, or None if it is gone. Empty state: it is an import."""

    @abstractmethod
    def update(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Properties:
        """Change the resource in place and return its outputs. In a preview change nothing."""

    @abstractmethod
    def delete(self, call: Call, state: Properties) -> None:
        """Delete the resource. Accept one that is gone already."""


def require_known(kind: str, known: Iterable[str]) -> None:
    """Refuse a resource type that the stand-in lacks. Raises ProviderError."""
    types = sorted(known)
    if kind not in types:
        raise ProviderError(
            f"{kind}: the stand-in plugin does not carry this type, only {', '.join(types)}"
        )
