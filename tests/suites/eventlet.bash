#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Eventlet's own tests, from Debian's source package: one file is one unit and one process, for they
# hang as one.
. "$(dirname "$0")/lib.bash"

quick="event_test semaphore_test queue_test"

prepare() { source_package python-eventlet; }

units() {
  if [ "$1" = quick ]; then
    printf '%s\n' $quick
  else
    (cd "$CACHE/python-eventlet/tests" && printf '%s\n' *_test.py) | sed 's/\.py$//'
  fi
}

unit() {
  cd "$CACHE/python-eventlet" || exit 1
  program "$PYTHON" -m pytest -q -p no:cacheprovider --junit-xml "$WORK/junit.xml" "tests/$1.py" \
    >"$WORK/log" 2>&1
  [ ! -s "$WORK/junit.xml" ] || junit_lines "$WORK/junit.xml"
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) prepare ;;
units) units "$argument" ;;
unit) unit "$argument" ;;
esac
