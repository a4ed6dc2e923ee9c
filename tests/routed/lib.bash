# SPDX-License-Identifier: MIT
#
# What the proofs of scripts/routed share. A proof NAME.bash works a real program under MODE (bare,
# observed or routed) and checks what came of it: exit 0, 1 after `fail`, 77 after `skip`. SIZE is
# quick or full. It prints one line of figures at the end.
set -u
. "$(dirname "$0")/../integration/lib.bash"

: "${MODE:?}" "${SIZE:?}"
by_size() { if [ "$SIZE" = quick ]; then echo "$1"; else echo "$2"; fi; } # QUICK FULL

# under NAME: the words before a command that make it run as MODE says, in the array `words`; its
# traces go to $work/NAME.trace. More options of shunt run may follow.
under() {
  local name=$1
  shift
  words=()
  case $MODE in
  bare) ;;
  observed) words=("$SHUNT" run "$@" -o "$work/$name.trace" --) ;;
  routed) words=("$SHUNT" run "$@" --route pool -o "$work/$name.trace" --) ;;
  *) fail "no such mode: $MODE" ;;
  esac
}

# Was it really run so? To be asked once the program has ended by itself.
proven_mode() { # NAME
  [ "$MODE" = bare ] || proven "$work/$1.trace"
}

# command_of PID: the pid of the command that was started so, once it is there. Unless MODE is bare,
# PID is that of shunt run, which may have other children.
command_of() {
  [ "$MODE" != bare ] || {
    echo "$1"
    return
  }
  wait_for 20 is_there "$1" && child_of "$1"
}

child_of() {
  local one
  for one in $(pgrep -P "$1"); do
    [ "$(readlink "/proc/$one/exe")" = "$(readlink -f "$SHUNT")" ] || {
      echo "$one"
      return
    }
  done
}

is_there() { [ -n "$(child_of "$1")" ]; }
