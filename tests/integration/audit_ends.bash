# SPDX-License-Identifier: MIT
# An audited program ends, stops and goes on as it would without; and where nothing can be traced
# nothing is started.
. "$(dirname "$0")/lib.bash"
need strace

state() { sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status"; }
is_in() { case "$(state "$1")" in [$2]) ;; *) return 1 ;; esac }
started() { [ -s "$work/pid" ]; }

cat >"$work/program" <<'P'
echo $$ >"$1"
trap 'exit 6' USR1
while :; do sleep 0.05; done
P
begin() {
  rm -rf "$work/pid" "$work/trace"
  "$SHUNT" run --audit -o "$work/trace" -- bash "$work/program" "$work/pid" 2>"$work/page" &
  run=$!
  servers+=($run)
  wait_for 20 started || fail "not started: $(cat "$work/page")"
  pid=$(cat "$work/pid")
}

begin
kill -STOP "$pid"
wait_for 20 is_in "$pid" Tt || fail "not stopped: $(state "$pid")"
kill -CONT "$pid"
wait_for 20 is_in "$pid" SRD || fail "goes not on: $(state "$pid")"
kill -USR1 $run
wait $run
status=$?
[ $status -eq 6 ] || fail "status $status after USR1: $(cat "$work/page")"
grep -q '^AUDIT' "$work/page" || fail "no page: $(cat "$work/page")"

begin
kill -KILL "$pid"
wait $run
status=$?
[ $status -eq 137 ] || fail "status $status after KILL"
[ -s "$work/trace/audit.json" ] || fail "no audit of a killed program"

# Without its auditor the program goes on.
begin
auditor=$(pgrep -P $run shunt-auditor) || fail "no auditor"
kill -KILL "$auditor"
kill -USR1 $run
wait $run
status=$?
[ $status -eq 6 ] || fail "status $status without an auditor"
grep -q 'audit was lost' "$work/page" || fail "not told: $(cat "$work/page")"

# What is traced already cannot be traced again.
strace -f -o /dev/null "$SHUNT" run --audit -o "$work/none" -- touch "$work/touched" 2>"$work/page"
status=$?
[ $status -eq 125 ] || fail "status $status where nothing can be traced"
grep -q 'may not trace' "$work/page" || fail "not told: $(cat "$work/page")"
[ ! -e "$work/touched" ] || fail "it was started all the same"
[ ! -e "$work/none" ] || fail "a directory is left"
