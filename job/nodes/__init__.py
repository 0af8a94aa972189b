"""Nodes: how the stack's machines are reached, watched and asked for their logs."""
