# SPDX-License-Identifier: MIT
# A change that was made is found by its kind: slower, gone, new, off the loop; equal runs differ in
# nothing. sqlite3 on a disk half as fast is worse when three runs a side were recorded in turn.
. "$(dirname "$0")/lib.bash"
need sqlite3
cd "$work" || exit 1

record() { # DIR ARGUMENTS
  "$SHUNT" run -o "$1" -- "$PROGRAMS/before_after" "${@:2}" || fail "before_after ${*:2}: $?"
  proven "$1"
}

compare() { "$SHUNT" diff --json "$@" >diff.json || fail "shunt diff $*: $?"; }

# site FUNCTION MEMBER: of the first site in one of the functions
site() {
  json diff.json "[s['$2'] for s in d['sites'] for t in [s['before'] or s['after']]
                   if t['function'] == '$1' and s['call'] != 'read'][0]"
}

expect() { # WHAT IS WANTED
  [ "$2" = "$3" ] || { "$SHUNT" diff "${compared[@]}"; fail "$1: $2 and not $3"; }
}

claims() { # how many sites and loops of a class that is a claim
  json diff.json "sum(d['classes'][c][k] for c in ('worse', 'new', 'better', 'gone')
                      for k in ('sites', 'loops'))"
}

record plain loop 20 old
record equal loop 20 old
compared=(plain plain)
compare plain plain
expect "the same twice" "$(json diff.json 'd["verdict"]')" "NO DIFFERENCE"
compared=(plain equal)
compare plain equal
expect "claims about equal runs" "$(claims)" 0

record slow loop 40 old
compared=(plain slow)
compare plain slow
expect "twice the sleep" "$(site pace class)" worse
expect "the step beside it" "$(site old_step class)" same
"$SHUNT" diff --fail-on worse plain slow >/dev/null
expect "--fail-on worse" $? 1
"$SHUNT" diff --fail-on new,gone plain slow >/dev/null
expect "--fail-on new,gone" $? 0

record changed loop 20 new
compared=(plain changed)
compare plain changed
expect "the step removed" "$(site old_step class)" gone
expect "the step added" "$(site new_step class)" new

record moved thread 20 old
compared=(plain moved)
compare plain moved
expect "the step moved" "$(site note class)" better
expect "off the loop" "$(site note left_loop)" True
"$SHUNT" diff plain moved | tr -s ' \n' ' ' | grep -q 'usleep left the loop' ||
  fail "the page does not say so: $("$SHUNT" diff plain moved)"

script() {
  echo 'create table t (n integer primary key);'
  for i in $(seq 6); do echo "insert into t values ($i);"; done
}
script >script.sql
for run in 1 2 3; do
  for ms in 10 20; do
    rm -f test.db
    SLOW_SYNC_MS=$ms LD_PRELOAD=$PROGRAMS/libslow_sync.so \
      "$SHUNT" run -o sync.$ms.$run -- sqlite3 -init script.sql test.db .quit >/dev/null 2>&1 ||
      fail "sqlite3"
    proven sync.$ms.$run
  done
done
compared=(sync.10.1 sync.10.2 sync.10.3 -- sync.20.1 sync.20.2 sync.20.3)
compare "${compared[@]}"
sync='[(s["class"], s["grade"]) for s in d["sites"] if s["call"] == "fdatasync" and s["before"]["calls"] > 50]'
expect "a disk half as fast" "$(json diff.json "$sync[0]")" "('worse', 'firm')"
compared=(sync.20.1 sync.20.2 sync.20.3 -- sync.10.1 sync.10.2 sync.10.3)
compare "${compared[@]}"
expect "and back" "$(json diff.json "$sync[0]")" "('better', 'firm')"
