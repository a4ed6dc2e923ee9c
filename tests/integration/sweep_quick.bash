#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The quick part of scripts/sweep: ordinary programs, bare twice and observed, must leave the same.
. "$(dirname "$0")/lib.bash"
root=$(cd "$(dirname "$0")/../.." && pwd)
need gcc make git perl awk sqlite3 openssl curl redis-server xmllint jq rsync bc ssh-keygen zstd xz bzip2

"$root/scripts/sweep" --no-deps --quick --build "$BUILD" >"$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || fail "scripts/sweep ended with $status"
same=$(grep -c ' same ' "$work/out")
[ "$same" -ge 30 ] || fail "only $same programs were run"
