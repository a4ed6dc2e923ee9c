# A report of a program that still runs says so, one of a killed program says by what, and both name
# the call in progress. No line of a page is longer than 80 columns.
. "$(dirname "$0")/lib.bash"

narrow() { # FILE
  local wide
  wide=$(LC_ALL=C.UTF-8 awk 'length > 80' "$1")
  [ -z "$wide" ] || fail "longer than 80 columns: $wide"
}

has() { # FILE TEXT
  tr -s ' \n' ' ' <"$1" | grep -qF -- "$2" || { cat "$1"; fail "$1 does not say: $2"; }
}

cd "$work" || exit 1
"$SHUNT" run -o trace -- sleep 1000 &
run=$!
servers+=("$run")
in_the_call() { report trace | grep -q 'is in .*nanosleep'; }
wait_for 60 in_the_call || { report trace; fail "the call in progress is not named"; }
report trace >live.txt || fail "report of a live process"
narrow live.txt
has live.txt "Still running, for "
has live.txt "because the program is still running"
[ "$(report --json trace | /usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)["processes"][0]["state"])')" = alive ] || fail "state is not alive"

kill -KILL "$(pgrep -P "$run" -x sleep)"
wait "$run"
report trace >killed.txt || fail "report of a killed process"
narrow killed.txt
has killed.txt "then killed by SIGKILL"
has killed.txt "sleep was in "
has killed.txt "nanosleep for "

# Gone without a word, and nobody wrote how: the pid tells.
rm trace/run.json
report trace >gone.txt || fail "report without run.json"
has gone.txt "no regular end (a signal, or _exit)"
