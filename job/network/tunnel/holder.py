"""Holder: the side that a tunnel is held open for, be it the job or a person's command."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from host.ending import Ending


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Ends the tunnel and hears of it."""

    ending: Ending
    """The tunnel is open until this asks for an end."""
    say: Callable[[str], object]
    """Takes each message, without a newline."""
    ready: Event = field(default_factory=Event)
    """Set at the first answer through the tunnel, and never cleared."""
