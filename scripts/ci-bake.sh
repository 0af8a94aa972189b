#!/bin/bash -p
# ci-bake.sh: make images of finished nodes, in a project of its own or a leased one.
#
# Arguments  options of `python -m job bake`, such as --keep 3
# Reads      DEVSTACK_SETTINGS, BOSKOS_HOST, PYTHON, DEVSTACK_CACHE_DIR
# Leaves     an image of each node, and nothing else; exit status is the job's
stack=bake-${BUILD_ID:-local}
exec "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/run-job" bake --stack "$stack" "$@"
