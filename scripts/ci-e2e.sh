#!/bin/bash -p
# ci-e2e.sh: run CAPO's E2E tests on a DevStack of their own, from checkout to teardown.
#
# Arguments, environment and exit status are those of run-job. docs/environment.md lists the
# variables.
exec "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/run-job" e2e "$@"
