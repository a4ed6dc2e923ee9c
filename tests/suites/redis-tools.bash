#!/bin/bash
# SPDX-License-Identifier: MIT
#
# redis-server judged by its own tools (redis_session.bash): the part that needs no source package.
. "$(dirname "$0")/lib.bash"

unit() {
  cd "$WORK" || exit 1
  program bash "$HERE/redis_session.bash" "$1" "$WORK/lines" >log 2>&1
  cat lines 2>/dev/null
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) ;;
units) printf '%s\n' benchmark persistence blocking ;;
unit) unit "$argument" ;;
esac
