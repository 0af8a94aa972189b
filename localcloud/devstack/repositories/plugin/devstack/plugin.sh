# shellcheck shell=bash
# plugin.sh: a stand-in for a DevStack plugin. stack.sh sources it in each phase; it prints which.
echo "plugin: $*"
