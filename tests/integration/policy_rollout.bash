# SPDX-License-Identifier: MIT
# A rollout compares both ways of one site in one run: calls, errors and latencies inside the share and
# outside it, exactly, also of threads that ended and from a mark on.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

cat >halves.yaml <<'P'
version: 1
rules:
  - id: half
    match: { call: read, function: take }
    route: pool
    rollout: 50%
    rollout_by: fd
P
"$SHUNT" run --policy halves.yaml -o halves -- "$PROGRAMS/halves" || fail "status $?"
proven "$work/halves"
"$SHUNT" report --json halves >report.json || fail "no report"
take='[s for s in d["processes"][0]["sites"] if s["call"] == "read" and s["function"] == "take"][0]'
part() { json report.json "$take['rollout']['$1']['$2']"; }

pipes=$(($(part share calls) / 55))
[ $pipes -ge 1 ] && [ $pipes -le 23 ] || fail "no halves: $(json report.json "$take['rollout']")"
[ "$(part share calls) $(part outside calls)" = "$((55 * pipes)) $((55 * (24 - pipes)))" ] ||
  fail "calls: $(json report.json "$take['rollout']")"
[ "$(part share errors) $(part outside errors)" = "$((5 * pipes)) $((5 * (24 - pipes)))" ] ||
  fail "errors: $(json report.json "$take['rollout']")"
[ "$(part moved calls) $(part moved errors)" = "$pipes 0" ] ||
  fail "moved: $(json report.json "$take['rollout']")"
[ "$(part moved calls)" = "$(json report.json "$take['routed']['moved']")" ] || fail "two sums of moved calls"
# Only those that have to wait move: beside all outside they would look slow.
for one in moved:p50_ns share:max_ns outside:max_ns; do
  [ "$(part "${one%:*}" "${one#*:}")" -ge 15000000 ] || fail "$one: $(part "${one%:*}" "${one#*:}")"
done
for one in share outside stayed; do
  [ "$(part $one p50_ns)" -lt 15000000 ] || fail "$one: $(part $one p50_ns)"
done
"$SHUNT" report halves >page || fail "no page"
id=$(json report.json "$take['short_id']")
"$SHUNT" site "$id" halves >site || fail "no page of the site"
for page in page site; do
  grep -q '^ *ROLLOUT  *CALLS  *ERRORS  *MEAN  *P50  *P99  *MAX$' $page || fail "$page: $(cat $page)"
  grep -q "^ *in the share  *[1-9][0-9,]*  *$((5 * pipes)) " $page || fail "$page: $(cat $page)"
  grep -q "^ *by the route  *$pipes  *0 " $page || fail "$page: $(cat $page)"
  grep -q "^ *outside it  *[1-9][0-9,]*  *$((5 * (24 - pipes))) " $page || fail "$page: $(cat $page)"
done

# Without a share there is nothing to compare, and nothing is kept for it.
sed 's/50%/100%/' halves.yaml >all.yaml
"$SHUNT" run --policy all.yaml -o all -- "$PROGRAMS/halves" || fail "status $?"
"$SHUNT" report --json all >report.json || fail "no report"
[ "$(json report.json "'rollout' in $take")" = False ] || fail "all: $(json report.json "$take")"
[ "$(json report.json "$take['routed']['moved']")" -eq 24 ] || fail "all: $(json report.json "$take")"

# Threads that ended are added up; from a mark on all sums are of that part.
sed 's/read, function: take/pread/; s/by: fd/by: thread/' halves.yaml >threads.yaml
mkfifo in
"$SHUNT" run --policy threads.yaml -o threads -- "$PROGRAMS/phases" <in >out 2>err &
servers+=($!)
exec 7>in
wait_for 60 grep -qx ready out || fail "not ready: $(cat err)"
"$SHUNT" mark warm threads >said || fail "$(cat said)"
echo -n x >&7
wait_for 60 grep -qx done out || fail "not done: $(cat err)"
exec 7>&-
wait "${servers[-1]}" || fail "status $?: $(cat err)"
sums() { # OPTION...: calls of the sites, of both sides, of the rule, and routed
  "$SHUNT" report --json "$@" threads >report.json || fail "no report $*"
  json report.json '(lambda sites: "%d %d %d %d" % (
    sum(s["calls"] for s in sites),
    sum(s["rollout"][p]["calls"] for s in sites if "rollout" in s for p in ("share", "outside")),
    sum(r["calls"] for p in d["processes"] for r in p["policy"]["rules"]),
    sum(s["routed"]["moved"] + sum(s["routed"]["in_place"].values()) for s in sites if "routed" in s)))(
    [s for p in d["processes"] for s in p["sites"] if s["call"] == "pread"])'
}
same() { [ "$(sums "${@:2}")" = "$1 $1 $1 $1" ] || fail "not $1: $(sums "${@:2}")"; }
same $((61 * 1000 + 51 * 777))
same $((51 * 777)) --since warm
same $((61 * 1000)) --until warm
