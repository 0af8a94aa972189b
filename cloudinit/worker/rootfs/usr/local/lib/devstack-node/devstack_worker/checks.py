"""Checks: the worker serves nothing that every node does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devstack_node.ready import Check

CHECKS: tuple[Check, ...] = ()
