# SPDX-License-Identifier: MIT
# shunt compare: real programs are the same; what differs is found, shown, repeated and counted; what
# differs by itself is not; own failures are 125; nothing is left behind.
. "$(dirname "$0")/lib.bash"
need tar sort prove
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
cd "$work" || exit 1

compare() { # STATUS OPTIONS... -- COMMAND...
  local status=$1
  shift
  "$SHUNT" compare "$@" </dev/null >out 2>err
  local got=$?
  [ $got -eq "$status" ] || fail "compare $*: status $got and not $status: $(cat out err)"
  [ -z "$(ls -A "$TMPDIR")" ] || fail "compare $*: left behind: $(find "$TMPDIR" | head)"
}

says() { # TEXT
  tr -s ' \n' ' ' <out | grep -qF -- "$1" || fail "it does not say '$1': $(cat out err)"
}

page() { # the whole page, from standard input
  diff - out || fail "another page"
}

# ---- the same ----
seq 20000 | shuf --random-source=<(yes) >numbers
compare 0 -- sort -n numbers
page <<'P'
The same: bare and observed, 2 runs of each.

Compared: how it ended, standard output, standard error. Files are compared with
          --in DIR alone.
Nothing was routed: --route or --policy adds routed runs.
P
[ ! -s err ] || fail "stderr: $(cat err)"
compare 0 -n 1 -- sh -c 'echo text; echo more >&2; exit 3'
compare 0 -- sh -c 'kill -SEGV $$'
compare 0 -- env
compare 0 -- "$PROGRAMS/hello"
compare 0 --input numbers -- sort

mkdir -p project/sub
cp numbers project/sub
ln -s sub/numbers project/link
chmod 640 project/sub/numbers
compare 0 --in project -- sh -c 'pwd; tar cf all.tar sub link && mkdir got && tar xf all.tar -C got'
says '8 files with contents and modes'
[ "$(find project | wc -l)" -eq 4 ] || fail "it ran in the directory itself and not in a copy"

# what differs by itself is compared by a lesser rule, or not at all, and said
compare 0 --in project -- sh -c 'echo $$ >pid; head -c 16 /dev/urandom >key; printf '%s\n' a b c d e f g h i j | shuf'
says 'file key: only that it is there: its content was NOT judged'
says 'file pid: compared, all numbers taken for one'

# ---- different ----
cat >differs.sh <<'S'
mapped=$(grep -c libshunt /proc/self/maps)
echo begin
[ "$mapped" = 0 ] && echo bare || echo watched
echo end
[ "$mapped" = 0 ] && chmod 600 sub/numbers && ln -s x new
[ "$mapped" = 0 ] || exit 7
S
compare 1 --in project -- sh "$work/differs.sh"
page <<'P'
NOT THE SAME: 5 differences between bare and observed, 2 runs of each.

Different:
  end: 2 of 2 observed runs, 3 of 3 repetitions
    bare:     exit 0
    observed: exit 7
  stdout: 2 of 2 observed runs, 3 of 3 repetitions
    bare:     line 2: bare
    observed: line 2: watched
  mode of new: 2 of 2 observed runs, 3 of 3 repetitions
    bare:     link 0777
    observed: (not there)
  mode of sub/numbers: 2 of 2 observed runs, 3 of 3 repetitions
    bare:     file 0600
    observed: file 0640
  file new: 2 of 2 observed runs, 3 of 3 repetitions
    bare:     x
    observed: (not there)

Compared: how it ended, standard output, standard error, 4 files with contents
          and modes.
Nothing was routed: --route or --policy adds routed runs.
P
compare 1 --in project --json -- sh "$work/differs.sh"
[ "$(json out '[d["same"], d["differences"], len(d["runs"]), [p["observed"]["line"]["bare"] for p in d["parts"] if p["kind"] == "stdout"]]')" = \
  "[False, 5, 10, ['bare']]" ] || fail "JSON: $(cat out)"
compare 1 -- sh -c 'grep -q libshunt /proc/self/maps && kill -TERM $$; exit 1'
says 'observed: SIGTERM'

# once and not again is no difference; a run that hangs when it is observed is one
compare 0 -- sh -c 'echo x >>count; [ $(wc -l <count) != 2 ] || echo odd'
says 'Differed once and not again (not counted): stdout: 1 of 2 observed runs, 0 of 3 repetitions'
compare 1 -n 1 --timeout 2s -- sh -c '! grep -q libshunt /proc/self/maps || sleep 100'
says 'observed: timeout'

# ---- routed ----
if "$SHUNT" run --help | grep -q -- --route; then
  compare 0 --route pool --in project -- sh -c 'sleep 0.01; sort -n sub/numbers >sorted; tar cf all.tar sub'
  says 'bare, observed and routed (pool), 2 runs of each'
  grep -qE '^Routed: workers made [1-9][0-9,]* calls in 2 runs' out || fail "nothing moved: $(cat out)"
  compare 0 --route pool -n 1 -- true
  says 'No call was moved: the routed runs prove nothing of the route.'
  # one that looks for workers sees them
  compare 1 --route pool --json -- sh -c 'sleep 0.01; ls /proc/$$/task | wc -l'
  [ "$(json out '[(k, p[k]["verdict"]) for p in d["parts"] for k in ("observed", "routed")]')" = \
    "[('observed', 'same'), ('routed', 'different')]" ] || fail "JSON of routed runs: $(cat out)"
  compare 125 --route nowhere -- true
fi

# ---- tests ----
mkdir t
cat >t/reads.t <<'T'
use Test::More tests => 3;
ok(1, "reads");
is(`grep -c libshunt /proc/self/maps` + 0, 0, "nobody watches") unless $ENV{KNOWN};
ok(1, "nobody watches") if $ENV{KNOWN};
subtest writes => sub { plan tests => 1; ok($$ % 2 || 1, "to a file") };
T
KNOWN=1 compare 0 --tests tap -- prove -v t/
says '6 tests, by name'
compare 1 --tests tap -- prove -v t/
says 'test t/reads.t: nobody watches: 2 of 2 observed runs, 3 of 3 repetitions bare: pass observed: fail'
compare 0 --tests list -- sh -c 'echo x >>turns; echo fine pass; echo odd $(($(wc -l <turns) % 2))'
says 'test odd: flaky, NOT judged'
compare 1 --tests list --json -- sh -c 'echo a pass; grep -q libshunt /proc/self/maps || echo b pass'
[ "$(json out '[(p["name"], p["observed"]["has"]) for p in d["parts"] if p["observed"]["verdict"] != "same"]')" = \
  "[('b', None)]" ] || fail "JSON of tests: $(cat out)"
compare 125 --tests tap -- echo nothing
grep -q 'no tap tests in the output of the bare run (exit 0)' err || fail "no tests: $(cat err)"
if [ -f /usr/lib/python3.11/test/test_grp.py ]; then
  mkdir empty
  compare 0 -n 1 --in empty --tests junit --results r.xml -- \
    /usr/bin/python3.11 -m test -u none --junit-xml r.xml test_grp test_univnewlines
  says 'by name'
  tests=$(tr -s ' \n' ' ' <out | sed -n 's/.*ended; \([0-9]*\) tests.*/\1/p')
  [ "${tests:-0}" -ge 20 ] || fail "python's tests: $(cat out)"
fi
# a file with tests that lay there before the run is not the run's
echo 'old pass' >old
compare 125 --tests list --results old -- true

# ---- own failures ----
compare 125 -- "$PROGRAMS/hello_static"
grep -q 'statically linked.*nothing to compare' err || fail "static: $(cat err)"
compare 127 -- ./missing
compare 126 -- ./numbers
for wrong in '-n 0' '--tests xml' '--results x' '--in missing' '--timeout soon' '--route' ''; do
  # shellcheck disable=SC2086
  compare 125 $wrong
  [ -s err ] && [ ! -s out ] || fail "wrong option '$wrong': $(cat out err)"
done

# ---- kept, and stopped ----
compare 0 -n 1 --in project --keep kept -- sh -c 'echo hello; echo x >made'
[ "$(cd kept && cat 1-bare/stdout 2-observed/files/made)" = "$(printf 'hello\nx')" ] ||
  fail "kept: $(find kept)"
report kept/2-observed/trace >/dev/null || fail "the kept trace cannot be read"
compare 125 --keep kept -- true

"$SHUNT" compare -- sh -c 'touch begun; sleep 7654' >out 2>err &
run=$!
servers+=("$run")
wait_for 20 test -e begun || fail "no first run"
kill -TERM "$run"
wait "$run"
[ $? -eq 143 ] || fail "stopped: $(cat out err)"
is_gone() { ! pgrep -f "$1" >/dev/null; }
wait_for 20 is_gone 'sleep 7654' || fail "the command was left running"
# what a run leaves behind is ended
compare 0 -n 1 -- sh -c 'sleep 7655 >/dev/null 2>&1 & setsid sleep 7655 >/dev/null 2>&1 &'
wait_for 20 is_gone 'sleep 7655' || fail "left behind"
