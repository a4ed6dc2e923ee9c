# SPDX-License-Identifier: MIT
# shunt ps finds who carries the library, and what became of its file.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# of PID EXPRESSION: of its entry `p` in shunt ps --json; "none" if it has none
of() {
  "$SHUNT" ps --json >ps.json || fail "shunt ps --json"
  json ps.json "[($2) for p in d['processes'] if p['pid'] == $1] or 'none'"
}
expect() { # WANTED PID EXPRESSION
  local got
  got=$(of "$2" "$3")
  [ "$got" = "$1" ] || fail "$3 of $2 is $got and not $1"
}
is_listed() { [ "$(of "$1" 1)" = '[1]' ]; }

cp "$LIBSHUNT" libshunt.so
sleep 300 &
bare=$!
servers+=($bare)
expect none $bare 1

# It waits for good, without a child that would outlive it.
mkfifo fifo
wait_for_good='exec 7<>fifo; read -r -u 7 line'
mkdir trace
env LD_PRELOAD="$work/libshunt.so" SHUNT_DIR="$work/trace" bash -c "$wait_for_good" &
observed=$!
servers+=($observed)
wait_for 30 is_listed $observed || fail "the observed process is not listed: $("$SHUNT" ps)"
has_calls() { [ "$(of "$1" "p['calls'] > 0")" = '[True]' ]; }
wait_for 30 has_calls $observed || fail "no calls: $("$SHUNT" ps | head -40)"
expect "['observing']" $observed "p['mode']"
expect "['same']" $observed "p['library_on_disk']"
expect "[True]" $observed "p['trace'].startswith('$work/trace/bash.') and p['trace_bytes'] > 0"

# Whose system call filter it is. Where the tests themselves run under one (a container's), all have it.
own_filter=$(grep -c '^Seccomp:.*[12]' /proc/self/status)
filter_of() { # PID: in the list for people, on one line
  "$SHUNT" ps | awk -v pid="$1" '/^ *[0-9]+ / { mine = $1 == pid } mine' | tr -s ' \n' ' '
}
if [ "$own_filter" = 0 ]; then
  expect "[None]" $observed "p['seccomp_filter']"
  [[ $(filter_of $observed) != *seccomp* ]] || fail "no filter: $(filter_of $observed)"
  env LD_PRELOAD="$work/libshunt.so" SHUNT_DIR="$work/trace" "$PROGRAMS/filtered" past &
  past=$!
  servers+=($past)
  is_filtered() { grep -q '^Seccomp:.*2' "/proc/$1/status"; }
  wait_for 30 is_filtered $past
  expect "['unnoticed']" $past "p['seccomp_filter']"
fi
"$PROGRAMS/filtered" before env LD_PRELOAD="$work/libshunt.so" SHUNT_DIR="$work/trace" bash -c "$wait_for_good" &
inherited=$!
servers+=($inherited)
env LD_PRELOAD="$work/libshunt.so" SHUNT_DIR="$work/trace" "$PROGRAMS/filtered" own &
own=$!
servers+=($own)
has_filter() { [ "$(of "$1" "p['seccomp_filter']")" = "['$2']" ]; }
wait_for 30 has_filter $own own || fail "its own filter is $(of $own "p['seccomp_filter']")"
wait_for 30 has_filter $inherited inherited || fail "an inherited filter is $(of $inherited "p['seccomp_filter']")"
[[ $(filter_of $own) == *"seccomp a filter of its own: the library makes no system calls since"* ]] ||
  fail "its own filter: $(filter_of $own)"
[[ $(filter_of $inherited) == *"seccomp an inherited filter, which was there before it began"* ]] ||
  fail "an inherited filter: $(filter_of $inherited)"

env LD_PRELOAD="$work/libshunt.so" sleep 300 &
without=$!
servers+=($without)
wait_for 30 is_listed $without || fail "a process without a trace is not listed"
expect "['unrecorded']" $without "p['mode']"
expect "[None]" $without "p['trace']"

rm libshunt.so
expect "['deleted']" $observed "p['library_on_disk']"
cp "$LIBSHUNT" libshunt.so
expect "['replaced']" $observed "p['library_on_disk']"
"$SHUNT" ps >out || fail "shunt ps"
awk 'length > 80 { exit 1 }' out || fail "wider than 80 columns: $(cat out)"
grep -q "^ *$observed bash .*observing for .* calls, lost 0" out || fail "the list is $(cat out)"
tr -s ' \n' ' ' <out | grep -q 'was replaced since it was loaded' || fail "the list is $(cat out)"
rm -r trace
expect "['unreadable']" $observed "p['mode']"

"$SHUNT" ps more >out 2>err
[ $? -eq 2 ] && [ ! -s out ] || fail "an argument was taken"

# Nobody there is no failure: in a PID namespace of our own there is nobody.
if unshare --pid --fork --mount-proc true 2>/dev/null; then
  unshare --pid --fork --mount-proc "$SHUNT" ps >out || fail "an empty list fails"
  grep -q 'no process.* carries libshunt.so' out || fail "the empty list is $(cat out)"
  # and a process in one is known by both its numbers
  mkdir inner
  unshare --pid --fork --kill-child --mount-proc env LD_PRELOAD="$work/libshunt.so" SHUNT_DIR="$work/inner" \
    bash -c "$wait_for_good" &
  namespaced=$! # it hears nothing but SIGKILL
  inner_counted() {
    "$SHUNT" ps --json >ps.json &&
      [ "$(json ps.json "any((p['trace'] or '').startswith('$work/inner/bash.') and p['calls'] for p in d['processes'])")" = True ]
  }
  wait_for 30 inner_counted
  found=$?
  list=$("$SHUNT" ps)
  kill -KILL $namespaced
  [ $found -eq 0 ] || fail "a process in a PID namespace: $list"
fi
