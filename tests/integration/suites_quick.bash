#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A part of the real suites (scripts/suites), bare against observed, result for result: what Debian
# brings as binary packages, and of that the fast tests.
. "$(dirname "$0")/lib.bash"
root=$(cd "$(dirname "$0")/../.." && pwd)
need stress-ng redis-server redis-cli redis-benchmark
[ -f /usr/lib/python3.11/test/test_fork1.py ] || skip "libpython3.11-testsuite is not installed"

"$root/scripts/suites" --no-deps --quick --build "$BUILD" --keep "$work/kept" \
  cpython stress-ng redis-tools >"$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || fail "scripts/suites ended with $status"

# Enough was counted, and it was observed: flaky tests do not eat the suite.
for suite in cpython:100 stress-ng:35 redis-tools:30; do
  passed=$(awk -v name="${suite%:*}" '$1 == name {print $4}' "$work/out" | tail -1)
  [ "${passed:-0}" -ge "${suite#*:}" ] || fail "${suite%:*}: only ${passed:-0} tests passed"
done
