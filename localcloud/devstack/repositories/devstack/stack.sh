#!/usr/bin/env bash
# stack.sh: a stand-in for DevStack's, with its phases, hooks, files and weaknesses.
#
# Runs on   a node, as the user stack, without arguments
# Reads     local.conf, and standin/settings, which a test writes:
#           UNIT_S      seconds for a unit of work
#           FAIL_PHASE  the phase that fails, with FAIL_LINE as its last line
#           HANG_PHASE  the phase that never ends
#           KILL_PHASE  the phase in which stack.sh is killed
#           MISSING     a service that is not started
#           HANG_WORDS  part of a client's command that gets no answer
#           OCCUPIED    a host that already has a server
# Leaves    stand-ins of the services, units that start them at boot, clients, DevStack's log
# Exits     3 when a service of the worker finds no controller, as the real one does
set -o errexit -o pipefail

TOP_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
source "$TOP_DIR/standin/settings"
# shellcheck source=/dev/null
source "$TOP_DIR/standin/functions"

((EUID != 0)) || { echo 'stack.sh must not run as root' && exit 1; }
umask 022

PLUGINS=() DISABLED=()
enable_plugin() { PLUGINS+=("$1 $2 ${3:-master}"); }
disable_service() { DISABLED+=("$@"); }
# This part of local.conf is bash for the real one, too.
eval "$(section 'local|localrc')"
SERVICE_HOST=${SERVICE_HOST:-$HOST_IP}

start_log
trap 'finish $?' EXIT
check_local_conf
# The real one leaves passwords in files that everyone can read, and in its log. The node must close
# the files and mask its copy of the log.
declare -p ADMIN_PASSWORD DATABASE_PASSWORD RABBIT_PASSWORD SERVICE_PASSWORD \
  >"$TOP_DIR/.localrc.auto"
mkdir -p /opt/stack/async
echo "--password $SERVICE_PASSWORD" >/opt/stack/async/create_nova_accounts.log
echo "+ stack.sh:source: ADMIN_PASSWORD=$ADMIN_PASSWORD"

phase 'Installing package prerequisites' 4
fetch_plugins
run_phase override_defaults
run_phase source
run_phase stack pre-install
phase 'Installing OpenStack project source' 4
run_phase stack install
configure_services

if [[ $SERVICE_HOST == "$HOST_IP" ]]; then
  phase 'Starting RabbitMQ' 1
  launch_backend rabbitmq-server 5672
  phase 'Configuring and starting MySQL' 1
  launch_backend mariadb 3306
  make_backends
  phase 'Starting Keystone' 4
  start_api
  write_clouds_yaml
  phase 'Configuring Neutron' 2
  run_phase stack post-config
  phase 'Initializing Cinder' 4
  serve volume
  phase 'Starting Nova API' 3
  serve compute
  make_networks
  launch tcp-6642 n-sch n-cond c-sch
  phase 'Starting Nova' 3
  launch ovn n-cpu c-vol
  wait_for_compute
  nova-manage cell_v2 discover_hosts
  phase 'Starting Octavia' 4
  launch o-hm o-da
  run_phase stack extra
  run_phase stack test-config
else
  phase 'Configuring Nova' 2
  write_clouds_yaml
  run_phase stack post-config
  start_ovs br-ex
  phase 'Starting Nova' 2
  launch ovn n-cpu
  wait_for_compute
  phase 'Starting Cinder' 2
  launch c-vol
  # A c-vol that finds no database ends at once, and systemd does not start it again.
  sleep 1
  systemctl is-active --quiet devstack@c-vol || { echo 'c-vol is not running' && exit 3; }
  run_phase stack extra
  phase 'Finishing' 1
fi
echo_summary "stack.sh completed in $SECONDS seconds."
