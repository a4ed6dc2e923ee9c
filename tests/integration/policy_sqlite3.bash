# SPDX-License-Identifier: MIT
# sqlite3, whose calls come from its library: a rule for the library takes its syncs, all of them and
# nothing else.
. "$(dirname "$0")/lib.bash"
need sqlite3
cd "$work" || exit 1

{
  echo 'create table t (n integer primary key, text);'
  for i in $(seq 50); do echo "insert into t values ($i, 'row $i');"; done
} >script.sql
observe sqlite3 -init script.sql test.db .quit >/dev/null 2>&1
proven
cat >plan.yaml <<'P'
version: 1
rules:
  - id: journal
    match: { call: "*sync", via: "libsqlite3.so*", fd: "file:*test.db-journal" }
    route: pool
  - id: syncs
    match: { call: "*sync", module: "libsqlite3.so*" }
    route: pool
    rollout: 50%
  - id: elsewhere
    match: { module: sqlite3, family: file }
    route: inplace
P
"$SHUNT" policy check plan.yaml "$trace" >said 2>&1 || fail "$(cat said)"
grep -q warning said && fail "$(cat said)"
"$SHUNT" progress --json --policy plan.yaml "$trace" >progress.json
count() { json progress.json 'sum(i["calls"] for i in d["items"] if i["name"] in '"$1"')'; }
syncs=$(total "$trace" fdatasync calls)
[ "$syncs" -ge 100 ] || fail "$syncs syncs"
[ "$(count '("journal", "syncs")')" -eq "$syncs" ] || fail "not all $syncs: $(cat progress.json)"
[ "$(count '("journal",)')" -gt 0 ] && [ "$(count '("syncs",)')" -gt 0 ] ||
  fail "the descriptors are not told apart: $(cat progress.json)"
