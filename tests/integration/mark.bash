# SPDX-License-Identifier: MIT
# shunt mark tells start-up from load, exactly, for a program that lives, ends or is killed.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

begin() { # NAME: starts the program under shunt up to its "ready"; its input is fd 7
  mkfifo "$1.in" || fail "mkfifo"
  "$SHUNT" run -o "$1" -- "$PROGRAMS/phases" <"$1.in" >"$1.out" 2>"$1.err" &
  runner=$!
  servers+=($runner)
  exec 7>"$1.in"
  wait_for 60 grep -qx ready "$1.out" || fail "$1: not ready: $(cat "$1.err")"
}

go_on() { # NAME: through the load, to its "done"
  echo -n x >&7
  wait_for 60 grep -qx done "$1.out" || fail "$1: not done: $(cat "$1.err")"
}

# counts WANTED ARGUMENTS...: pread calls in the report with these arguments.
counts() {
  local wanted=$1 got
  shift
  report --json "$@" >report.json || fail "report $*"
  got=$(json report.json 'sum(s["calls"] for p in d["processes"] for s in p["sites"] if s["call"] == "pread")')
  [ "$got" = "$wanted" ] || fail "report $*: $got calls of pread, and not $wanted"
}

refuses() { # TEXT COMMAND...: one sentence with this text, exit 1
  local text=$1 got
  shift
  "$SHUNT" "$@" >out 2>err
  got=$?
  [ $got -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] || fail "$*: status $got: $(cat out err)"
  grep -qF "$text" err || fail "$*: no '$text' in: $(cat err)"
}

startup=$((61 * 1000)) load=$((51 * 777))

begin ended
"$SHUNT" mark 'all warm' ended >out || fail "mark: $(cat out)"
grep -qF 'mark 1 "all warm"' out || fail "mark said $(cat out)"
refuses 'already' mark 'all warm' ended
refuses 'cannot be a number' mark 12 ended
counts 0 --since 'all warm' ended # while it runs
go_on ended
counts $load --since 'all warm' ended
"$SHUNT" mark loaded ended >out || fail "second mark: $(cat out)"
exec 7>&-
wait $runner || fail "the program ended with $?"
counts $((startup + load)) ended
counts $load --since 'all warm' ended
counts $load --since 1 --until loaded ended
counts $startup --until 'all warm' ended
counts 0 --since loaded ended
report --since 'all warm' ended | grep -qF 'from the mark "all warm" to the end' || fail "no PART"
report ended | grep -qF '1 "all warm", 2 "loaded"' || fail "the marks are not listed"
"$SHUNT" mark --list ended | grep -q '2 .*loaded' || fail "mark --list"
refuses 'has: 1 "all warm", 2 "loaded"' report --since warm ended
refuses 'nothing lies between' report --since loaded --until 'all warm' ended
refuses 'a mark can only be set while it runs' mark late ended
[ "$(cat ended.out)" = "ready
done" ] || fail "the program said $(cat ended.out)"
# what threads did is divided as well: all of the load's are of one name
report --json --since 1 ended >report.json
[ "$(json report.json 'sum(g["calls"] for g in d["processes"][0]["groups"]["thread"])')" = \
  "$(json report.json 'sum(s["calls"] for s in d["processes"][0]["sites"])')" ] || fail "sums by thread"
id=$(json report.json '[s["id"] for s in d["processes"][0]["sites"] if s["call"] == "pread"][0]')
"$SHUNT" site "$id" --since 1 ended | grep -qF '39,627 calls' || fail "site: $("$SHUNT" site "$id" --since 1 ended)"

begin killed
"$SHUNT" mark warm killed >out || fail "mark: $(cat out)"
go_on killed
pid=$(pgrep -P $runner -x phases) || fail "no program below $runner"
kill -KILL "$pid"
wait $runner
exec 7>&-
counts $load --since warm killed
counts $startup --until warm killed
refuses 'a mark can only be set while it runs' mark late killed

observe true || fail "true"
refuses 'which has none; set one' report --since warm "$trace"
mkdir empty
refuses 'no traces' mark x empty
refuses 'is no directory' mark x missing
