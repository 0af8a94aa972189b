"""Tunnel: route the nodes' network and the floating addresses over ssh, with sshuttle."""
