"""Checks: none beyond those of every node."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devstack_node.ready import Check

CHECKS: tuple[Check, ...] = ()
