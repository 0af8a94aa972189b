"""Machines: the nodes behind the instances of the Compute API double.

`simulated` nodes answer ssh and build nothing. `booted` machines run systemd and cloud-init in
containers, as root; `booted_cloud` composes them with a network and the API.
"""
