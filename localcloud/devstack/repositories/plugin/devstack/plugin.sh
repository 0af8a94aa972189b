# shellcheck shell=bash
# A plugin that says when it was asked.
echo "plugin: $*"
