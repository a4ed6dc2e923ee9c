#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gevent's own tests, of which Debian 12 has neither a package nor the source any more: sid's source package
# brings them, and they run against Debian 12's gevent. What is newer in them fails, bare too. One file is
# one unit and one process, as gevent's own runner has it; `patched:` are CPython's tests as gevent changes
# them, with the standard library replaced.
. "$(dirname "$0")/lib.bash"

quick="test__event test__semaphore test__util patched:test_select"

# Left out: what waits for ever for what is newer than Debian's gevent, or ends the process there (gevent's issue
# 2100).
left_out="test__fileobject:TestFileObjectThread.test_readinto test__queue:TestSimpleQueue.*
  test__select:TestPossibleCrashes.* test__selectors:TestPossibleCrashes.*"

# Left out as well where bare runs are compared with green ones: what they look at is that a call of C code
# does not let others run. Sleeps and locks of C's are deaf to a Timeout and no switch, the hub does not run
# while a source file is read; and a green thread just spawned gets as far as a server that listens, or a
# traceback that is written, in one turn of the hub or a millisecond.
left_out_green="test__util:TestAssertSwitches.test_time_sleep test__util:TestTree.test_tree
  test__queue:TestGetInterrupt.test_outer_timeout_is_not_lost test__systemerror:TestSpawn.*
  test__server:*.test_serve_forever test__server_pywsgi:*.test_serve_forever"

prepare() { source_package python-gevent sid; }

units() {
  if [ "$1" = quick ]; then
    printf '%s\n' $quick
    return
  fi
  # It runs the patched ones.
  (cd "$CACHE/python-gevent/src/gevent/tests" && printf '%s\n' test_*.py) | grep -v '^test___monkey_patching' |
    sed 's/\.py$//'
  (cd "$CACHE/python-gevent/src/greentest/3.11" && printf '%s\n' test_*.py) | sed 's/^/patched:/; s/\.py$//'
}

# tree: the source tree as the tests look for it above themselves, around Debian's gevent.
tree() {
  local source=$CACHE/python-gevent
  mkdir -p src/gevent src/greentest
  ln -s /usr/lib/python3/dist-packages/gevent/* src/gevent
  cp -r "$source/src/gevent/tests" "$source/src/gevent/testing" src/gevent
  cp -r "$source/src/greentest/3.11" src/greentest
  cp -r "$source/examples" "$source/setup.py" .
}

unit() {
  local one words=(gevent.tests."$1" "$WORK/lines")
  cd "$WORK" || exit 1
  tree
  if [[ $1 = patched:* ]]; then
    words=(gevent.testing.monkey_test "$WORK/lines" "${1#*:}.py")
    cd src/greentest/3.11 || exit 1
  fi
  [ "$AGAINST" != green ] || left_out+=" $left_out_green"
  set -f
  for one in $left_out; do
    [ "${one%%:*}" != "$1" ] || words=(-x "${one#*:}" "${words[@]}")
  done
  set +f
  # As on a slow machine: tests have 15 s each, not 2. The network is that of the unit.
  export TRAVIS=1 GEVENTTEST_USE_RESOURCES=-network PYTHONPATH=$WORK/src:$WORK/src/gevent/tests
  program timeout 400 "$PYTHON" "$HERE/main_lines.py" "${words[@]}" >"$WORK/log" 2>&1
  cat "$WORK/lines" 2>/dev/null
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) prepare ;;
units) units "$argument" ;;
unit) unit "$argument" ;;
esac
