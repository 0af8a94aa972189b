#!/bin/bash -p
# ci-conformance.sh: run conformance tests on a DevStack of their own, from checkout to teardown.
#
# Arguments, environment and exit status are those of run-job. docs/environment.md lists the
# variables.
exec "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/run-job" conformance "$@"
