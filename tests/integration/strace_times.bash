# SPDX-License-Identifier: MIT
# Where calls last over 1 ms, the blocked time is that of strace -T on the same run, within 5 %.
. "$(dirname "$0")/lib.bash"
need strace

# compare: one run; says what is too far apart.
compare() {
  observe strace -f -T -e trace=read,recvfrom,poll,select,pselect6,clock_nanosleep,wait4 \
    -o "$work/strace" "$PROGRAMS/waits" || fail "waits"
  /usr/bin/python3 - "$work/strace" >"$work/expected" <<'P'
import re, sys
sums = {}
for line in open(sys.argv[1]):
    found = re.search(r"(\w+)(?:\(| resumed).*<([0-9.]+)>$", line)
    if found and float(found[2]) >= 0.001:
        sums[found[1]] = sums.get(found[1], 0) + float(found[2])
for name, seconds in sums.items():
    print(name, int(seconds * 1e9))
P
  compared=0 apart=
  # select goes to pselect6 in the kernel, nanosleep and usleep to clock_nanosleep.
  while read -r name expected; do
    got=0
    case $name in
    pselect6) names="select" ;;
    clock_nanosleep) names="nanosleep usleep clock_nanosleep" ;;
    recvfrom) names="recv recvfrom" ;;
    wait4) names="waitpid" ;;
    *) names=$name ;;
    esac
    for one in $names; do
      part=$(total "$trace" "$one" total_ns waits) || exit 1
      got=$((got + part))
    done
    difference=$(((got > expected ? got - expected : expected - got) * 1000 / expected))
    echo "$name: blocked $got ns, strace -T $expected ns, $difference per mille apart"
    [ $difference -le 50 ] || apart="$apart $name"
    compared=$((compared + 1))
  done <"$work/expected"
  [ $compared -ge 6 ] || fail "only $compared calls were compared: $(cat "$work/expected")"
  [ -z "$apart" ]
}

# strace stops the program between its clock and ours: on a busy machine that, too, takes time, and
# what keeps a machine busy takes a while.
compare || { sleep 5 && compare; } || { sleep 20 && compare; } ||
  fail "more than 5 % off in three runs:$apart"
