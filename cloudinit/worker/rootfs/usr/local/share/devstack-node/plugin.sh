#!/usr/bin/env bash
# A DevStack plugin: hold stack.sh, before it starts services, until the controller has its own.
#
# Sourced by stack.sh with the mode and the phase; what comes before needs nothing of the
# controller. A failure ends stack.sh.
if [[ $1 == stack && $2 == post-config ]]; then
  sudo /usr/local/sbin/devstack-node await-controller
fi
