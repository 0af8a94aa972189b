"""Plugins: stand-ins for Pulumi's provider plugins, for machines that cannot download them.

Each is named after the plugin that it replaces and runs alone (`python -m localcloud.plugins.gcp`).
It covers the resource types of this project, with the real plugin's defaults and messages. It
refuses everything else: a property that is dropped in silence would let a test pass that fails on
Google Cloud.
"""
