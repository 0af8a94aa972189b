#!/usr/bin/env bash
# create-stack-user.sh: create DevStack's own user as the real script of this name does.
#
# Runs on   a node, as root, before stack.sh
# Leaves    the user stack with /opt/stack as home, and sudo without a password
set -o errexit -o nounset -o pipefail

groupadd stack
useradd --gid stack --shell /bin/bash --home-dir /opt/stack --create-home stack
(umask 226 && echo 'stack ALL=(root) NOPASSWD:ALL' >/etc/sudoers.d/50_stack_sh)
