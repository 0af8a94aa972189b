"""Plugins: stand-ins for Pulumi's provider plugins, for machines that cannot download them.

Each is named after the plugin that it replaces, runs alone (`python -m localcloud.plugins.gcp`),
covers the resource types of this project only and refuses everything else aloud.
"""
