#!/usr/bin/env bash
# create-stack-user.sh: DevStack's own user, as its script of this name makes it.
set -o errexit -o nounset -o pipefail

groupadd stack
useradd --gid stack --shell /bin/bash --home-dir /opt/stack --create-home stack
(umask 226 && echo 'stack ALL=(root) NOPASSWD:ALL' >/etc/sudoers.d/50_stack_sh)
