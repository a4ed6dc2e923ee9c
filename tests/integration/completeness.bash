# SPDX-License-Identifier: MIT
#
# What the tests of completeness share, for programs that need a load: each is run twice, watched
# from outside, and audited. LEAST is the completeness that every thread with more than 1 % of the
# waiting must reach: a busy machine is no defect, so it is lower here than in scripts/completeness.
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"
least=${LEAST:-90}

# complete DIR: prints each thread's figure, and fails if one is too low.
complete() {
  /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/completeness.py" "$SHUNT" "$1" "$least"
  case $? in
  0) ;;
  77) exit 77 ;;
  *) fail "less than $least % of a thread's waiting is explained" ;;
  esac
}

# accounted DIR PAGE: the audit's lines are all there was; prints what is outside.
accounted() {
  json "$1/audit.json" 'all(sum(row[key] for row in d["rows"] if (row["why"] == "inside") == inside)
    == d["inside" if inside else "outside"][key] for key in ("calls", "ns")
    for inside in (True, False)) and d["callers_not_sought"] == 0' >"$work/accounted"
  [ "$(cat "$work/accounted")" = True ] || fail "the audit left something out: $(head -30 "$2")"
  grep -q '^These are all' "$2" || fail "the page left something out: $(cat "$2")"
  cat "$2"
}
