# SPDX-License-Identifier: MIT
# An audit enters every system call once, where it belongs: raw ones, calls by number, recorded ones
# of threads and fork children, handlers; and its lines add up to all that the kernel reported.
. "$(dirname "$0")/lib.bash"

"$SHUNT" run --audit -o "$work/trace" -- "$PROGRAMS/audited" 2>"$work/page"
status=$?
[ $status -eq 4 ] || fail "status $status, not the program's 4: $(cat "$work/page")"
audit=$work/trace/audit.json

# rows WHY SYSTEM_CALL [FUNCTION]: the sum of calls
rows() {
  json "$audit" "sum(row['calls'] for row in d['rows'] if row['why'] in '$1'.split('|')
    and row['system_call'] == '$2' and '${3:-}' in (row['function'] or '', ''))"
}
expect() { # NUMBER WHY SYSTEM_CALL [FUNCTION]
  local got
  got=$(rows "${@:2}")
  [ "$got" = "$1" ] || fail "${*:2}: $got and not $1: $(cat "$work/page")"
}
expect 7 raw getpgrp
[ "$(json "$audit" '[r["library"] for r in d["rows"] if r["why"] == "raw"]')" = "['audited']" ] ||
  fail "not told that the program itself made the raw calls"
expect 5 'by number|inside' getsid
expect 11 inside pwrite64 pwrite
expect $((3 * 13 + 17 + 1)) inside read read
expect 2 inside write write
expect 1 'inside|signal return' rt_sigreturn # raise is recorded, and its handler runs inside it
expect 0 unobserved read
expect 0 'passed by' read

json "$audit" '[sum(row[key] for row in d["rows"] if (row["why"] == "inside") == inside)
  == d["inside" if inside else "outside"][key] ==
  sum(thread["inside" if inside else "outside"][key] for thread in d["threads"])
  for key in ("calls", "ns") for inside in (True, False)]' >"$work/sums"
[ "$(cat "$work/sums")" = "[True, True, True, True]" ] || fail "sums differ: $(cat "$work/sums")"
[ "$(json "$audit" 'len(d["threads"])')" = 5 ] || fail "not 5 threads: $(cat "$work/page")"
grep -q '^These are all .* calls outside' "$work/page" || fail "page: $(cat "$work/page")"
awk 'length($0) > 80 { print; bad = 1 } END { exit bad }' "$work/page" || fail "wider than 80"

# The recorded counts are those of the run, and the report tells of the audit.
[ "$(total "$work/trace" read calls)" = $((3 * 13 + 17 + 1)) ] || fail "report counts other reads"
report "$work/trace" >"$work/report" || fail "no report"
grep -q '^NOTE audit: ' "$work/report" || fail "the report does not tell of the audit"
report --audit "$work/trace" >"$work/again" || fail "no page from the trace"
diff "$work/page" "$work/again" || fail "report --audit prints another page"

# audit.json is what its schema says.
if /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  /usr/bin/python3 - "$audit" "$(dirname "$0")/../../docs/schema/shunt.audit-1.schema.json" <<'P' ||
import json, jsonschema, sys
audit, schema = (json.load(open(name)) for name in sys.argv[1:])
jsonschema.validate(audit, schema)
P
    fail "audit.json does not fit its schema"
fi
