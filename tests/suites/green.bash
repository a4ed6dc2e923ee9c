#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Green threads by tests that both projects live by: greenlet's own, from its Debian package, and
# CPython's with the standard library as Eventlet and gevent replace it (gevent tests itself so).
# A unit is PATCH:MODULE. Many of CPython's tests fail or hang so, bare too; the modules here end.
. "$(dirname "$0")/lib.bash"

greenlet="contextvars cpp extension_interface gc generator generator_nested greenlet greenlet_trash leaks
  stack_saved throw tracing version weakref"
eventlet="select threading_local sched selectors poplib urllib2_localnet telnetlib nntplib timeout httplib"
gevent="select threading_local sched selectors ftplib poplib urllib2_localnet xmlrpc telnetlib nntplib
  asyncore asynchat timeout httplib imaplib wsgiref"
quick="greenlet:greenlet greenlet:leaks eventlet:select eventlet:sched gevent:select gevent:sched"

units() {
  if [ "$1" = quick ]; then
    printf '%s\n' $quick
    return
  fi
  local patch module
  for patch in greenlet eventlet gevent; do
    for module in ${!patch}; do echo "$patch:$module"; done
  done
}

unit() {
  local patch=${1%%:*} module=${1#*:}
  cd "$WORK" || exit 1
  if [ "$patch" = greenlet ]; then
    set -- "greenlet.tests.test_$module" "$WORK/lines"
  else
    set -- "test.test_$module" "$WORK/lines" "$patch"
  fi
  program "$PYTHON" "$HERE/unittest_lines.py" "$@" >log 2>&1
  cat lines 2>/dev/null
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) ;;
units) units "$argument" ;;
unit) unit "$argument" ;;
esac
