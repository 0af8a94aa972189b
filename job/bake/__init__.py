"""Bake: build a stack's nodes, seal them, and keep an image of each."""
