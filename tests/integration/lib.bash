# SPDX-License-Identifier: MIT
#
# What the integration tests share. ctest sets SHUNT (the command), PROGRAMS (a directory of small
# test programs) and LIBSHUNT. A test is one behaviour: it exits 0, 1 after `fail`, 77 after `skip`.
set -u

: "${SHUNT:?}" "${PROGRAMS:?}" "${LIBSHUNT:?}"
unset LD_PRELOAD "${!SHUNT_@}"
[ -z "${ROUTE-}" ] || export SHUNT_ROUTE=$ROUTE # the test's programs run routed and not only observed
export LC_ALL=C
work=$(mktemp -d /tmp/shunt-test.XXXXXX)
chmod 755 "$work"
servers=()
mounted=()
runs=0

finish() {
  local status=$? one
  trap - EXIT
  for one in "${servers[@]}"; do kill "$one" 2>/dev/null; done
  for one in "${servers[@]}"; do wait "$one" 2>/dev/null; done
  for one in "${mounted[@]}"; do umount "$one" 2>/dev/null; done
  cd /
  rm -rf "$work"
  exit $status
}
trap finish EXIT

fail() {
  echo "FAILED: $*"
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

need() {
  local one
  for one in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$one" >/dev/null || skip "$one is not installed"
  done
}

# A free loopback port.
free_port() {
  /usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || return 1
    sleep 0.05
  done
}

# observe COMMAND...: runs it under shunt; the trace is in $trace.
observe() {
  runs=$((runs + 1))
  trace=$work/trace.$runs
  "$SHUNT" run -o "$trace" -- "$@"
}

# json FILE EXPRESSION: evaluates Python over the file's content `d`, prints the result.
json() {
  /usr/bin/python3 -c 'import json, sys
with open(sys.argv[1]) as file:
    d = json.load(file)
print(eval(sys.argv[2]))' "$1" "$2"
}

# Was the run in $1 (default $trace) really observed?
proven() {
  local dir=${1:-$trace} gaps
  gaps=$(json "$dir/run.json" '[gap["text"] for gap in d["gaps"]]') || fail "no run.json in $dir"
  [ "$gaps" = "[]" ] || fail "not observed: $gaps"
}

report() { "$SHUNT" report "$@"; }

# total DIR CALL FIELD [PROCESS]: the sum of a field (calls, total_ns, blocked_ns ...) of all sites of
# a call in the report's JSON, idle waits included, over all processes or those of one name.
total() {
  report --json "$1" >"$work/report.json" || fail "shunt report --json $1"
  /usr/bin/python3 - "$work/report.json" "${@:2}" <<'P' || fail "the report of $1"
import json, sys
with open(sys.argv[1]) as file:
    report = json.load(file)
call, field, name = (sys.argv[2:] + [None])[:3]
idle = {"calls": "idle_calls", "total_ns": "idle_ns"}.get(field)
print(sum(site[field] + (site[idle] if idle else 0)
          for process in report["processes"] if name in (None, process["name"])
          for site in process["sites"] if site["call"] == call))
P
}

# same COMMAND...: runs it bare and observed in fresh directories, and demands the same output, stderr
# and exit status. `same_setup DIR`, if defined, prepares each directory; `same_filter`, if defined,
# takes out of the output and stderr what differs between two bare runs.
same() {
  local kind stream
  for kind in bare observed; do
    rm -rf "${work:?}/$kind" "$work/here"
    mkdir "$work/here"
    declare -F same_setup >/dev/null && same_setup "$work/here"
    (
      cd "$work/here" || exit 99
      if [ $kind = bare ]; then
        exec "$@"
      else
        exec "$SHUNT" run -o "$work/same.trace" -- "$@"
      fi
    ) </dev/null >"$work/$kind.out" 2>"$work/$kind.err"
    echo $? >"$work/$kind.status"
    mv "$work/here" "$work/$kind"
    if declare -F same_filter >/dev/null; then
      for stream in out err; do
        same_filter <"$work/$kind.$stream" >"$work/$kind.filtered"
        mv "$work/$kind.filtered" "$work/$kind.$stream"
      done
    fi
  done
  for kind in status err out; do
    diff "$work/bare.$kind" "$work/observed.$kind" || fail "$kind differs from bare: $*"
  done
  diff -r "$work/bare" "$work/observed" || fail "files differ from bare: $*"
  trace=$work/same.trace.$((++runs))
  mv "$work/same.trace" "$trace" || fail "no trace directory"
  proven "$trace"
}
