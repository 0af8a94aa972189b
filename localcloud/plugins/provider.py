"""Provider: what a stand-in plugin implements, in Python values instead of protocol messages."""

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
    """A refusal or failure whose text the engine shows as it is."""


class PartialStateError(ProviderError):
    """The resource exists, but not as asked: the engine keeps it in state and reports why."""

    def __init__(self, resource_id: str, properties: Properties, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.properties = properties


@dataclass(frozen=True)
class Failure:
    """Why Check refuses an input. `path` is a property path, empty for the resource as a whole."""

    path: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """Inputs as they go into state, or why they do not."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Change:
    """How one property changes; `replace` asks for a new resource."""

    kind: Kind
    replace: bool = False


@dataclass(frozen=True)
class Difference:
    """Changes by property path."""

    changes: dict[str, Change]
    stables: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Found:
    """A resource as Read sees it."""

    resource_id: str
    properties: Properties
    inputs: Properties


@dataclass
class Call:
    """One request of the engine: which resource, how long, and where to report."""

    urn: str
    type: str
    report: Callable[[Severity, str, bool], None]
    """Severity, text, and whether it is only shown while the resource is worked on."""
    cancelled: threading.Event
    resource_id: str = ""
    preview: bool = False
    timeout_s: float = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The logical name."""
        return self.urn.rsplit("::", 1)[-1]

    def status(self, text: str) -> None:
        """Show a line as the resource's status."""
        self.report("info", text, True)  # noqa: FBT003 - see `report`

    def warn(self, text: str) -> None:
        """Show a warning that stays."""
        self.report("warning", text, False)  # noqa: FBT003 - see `report`

    def remaining_s(self) -> float | None:
        """Seconds until the engine's timeout, or None without one."""
        if not self.timeout_s:
            return None
        return max(0.0, self.started + self.timeout_s - time.monotonic())

    def stop_reason(self) -> str | None:
        """Say why the work must stop, in Go's words, which are what the real plugins report."""
        if self.cancelled.is_set():
            return "context canceled"
        return "context deadline exceeded" if self.remaining_s() == 0 else None


class Provider(ABC):
    """The methods of Pulumi's ResourceProvider service that the stand-ins have."""

    name: str
    package: str
    """The Python SDK, whose version the plugin has too."""
    accept_secrets: bool
    """Without it the engine takes the marks off, and puts them back on what comes out."""

    def check_config(self, news: Properties) -> Checked:
        """Check the configuration of the provider itself."""
        return Checked(news)

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        """Compare two configurations; none of ours replaces the provider."""
        del olds, news
        return Difference({})

    def configure(self, args: Properties, call: Call) -> None:
        """Take the configuration, before any call on a resource. Raises ProviderError."""
        del args, call

    @abstractmethod
    def check(self, call: Call, news: Properties) -> Checked:
        """Check a resource's inputs."""

    @abstractmethod
    def diff(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Difference:
        """Compare what is with what is wanted."""

    @abstractmethod
    def create(self, call: Call, inputs: Properties) -> tuple[str, Properties]:
        """Create the resource and give its id and outputs."""

    @abstractmethod
    def read(self, call: Call, state: Properties, inputs: Properties) -> Found | None:
        """Look the resource up; without state it is an import. None if it is gone."""

    @abstractmethod
    def update(
        self, call: Call, state: Properties, old_inputs: Properties, news: Properties
    ) -> Properties:
        """Change the resource in place and give its outputs."""

    @abstractmethod
    def delete(self, call: Call, state: Properties) -> None:
        """Delete the resource; one that is gone already is no error."""


def require_known(kind: str, known: Iterable[str]) -> None:
    """Refuse a resource type that the stand-in lacks. Raises ProviderError."""
    types = sorted(known)
    if kind not in types:
        raise ProviderError(
            f"{kind}: the stand-in plugin does not carry this type, only {', '.join(types)}"
        )
