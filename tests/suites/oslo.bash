#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The tests of oslo.service (on Eventlet) and futurist (on threads and on Eventlet), as their Debian
# packages bring them: one module is one unit. Certificates that the packages leave out make four
# tests of test_wsgi and test_sslutils fail, bare too. ServiceLauncherTest signals workers as soon as ps shows
# them: where one needs 0.2 s to begin, its tests fail or hang, bare too (so on a machine with ten times as much
# to do as it has processors).
. "$(dirname "$0")/lib.bash"

quick="futurist.tests.test_waiters oslo_service.tests.test_systemd oslo_service.tests.test_fixture"
full="futurist.tests.test_executors futurist.tests.test_periodics futurist.tests.test_waiters
  oslo_service.tests.test_eventlet_backdoor oslo_service.tests.test_fixture
  oslo_service.tests.test_loopingcall oslo_service.tests.test_periodic
  oslo_service.tests.test_service oslo_service.tests.test_sslutils
  oslo_service.tests.test_systemd oslo_service.tests.test_threadgroup
  oslo_service.tests.test_wsgi"
long=$full

unit() {
  cd "$WORK" || exit 1
  program "$PYTHON" "$HERE/unittest_lines.py" "$1" "$WORK/lines" >log 2>&1
  cat lines 2>/dev/null
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) ;;
units) printf '%s\n' ${!argument} ;;
unit) unit "$argument" ;;
esac
