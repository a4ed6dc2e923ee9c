# SPDX-License-Identifier: MIT
# The quick part of scripts/routed: redis, memcached, sqlite3, lighttpd and curl, checked by what came
# of their work. Observed in a shunt that has no routes.
. "$(dirname "$0")/lib.bash"
root=$(cd "$(dirname "$0")/../.." && pwd)
need redis-server memcached sqlite3 lighttpd curl
mode=observed
"$SHUNT" run --help | grep -q -- --route && mode=routed
"$root/scripts/routed" --no-deps --quick --mode $mode --build "$BUILD" redis memcached sqlite3 files \
  >"$work/out" 2>&1
status=$?
cat "$work/out"
[ $status = 0 ] || fail "scripts/routed ended with $status"
[ "$(grep -c '^PASS' "$work/out")" -eq 4 ] || fail "not all were run"
