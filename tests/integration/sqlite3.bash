# SPDX-License-Identifier: MIT
# sqlite3, 150 transactions of its own each: result as bare, and every fdatasync counted.
. "$(dirname "$0")/lib.bash"
need sqlite3 strace

script() {
  echo 'create table t (n integer primary key, text);'
  for i in $(seq 150); do echo "insert into t values ($i, 'row $i');"; done
  echo 'select count(*), sum(n), max(text) from t;'
}
script >"$work/script.sql"
same sqlite3 -init "$work/script.sql" test.db .quit
observed=$trace

mkdir "$work/strace" && cd "$work/strace" || exit 1
strace -f -c -o counts sqlite3 -init "$work/script.sql" test.db .quit >/dev/null 2>&1
expected=$(awk '$NF == "fdatasync" { print $4 }' counts)
[ "${expected:-0}" -ge 600 ] || fail "strace counts ${expected:-no} fdatasync"
got=$(total "$observed" fdatasync calls) || exit 1
[ "$got" -eq "$expected" ] || fail "fdatasync: $got, strace counts $expected"
