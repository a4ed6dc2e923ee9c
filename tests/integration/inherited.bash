# SPDX-License-Identifier: MIT
# Descriptors, signals, timers, masks and limits reach the program as without us.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

compare() { # NAME COMMANDS: shell commands that set the scene and then exec "$@"
  bash -c "$2" bash "$PROGRAMS/inherit" show >"bare.$1" 2>"bare.$1.err"
  bash -c "$2" bash "$SHUNT" run -o "$work/t.$1" -- "$PROGRAMS/inherit" show \
    >"observed.$1" 2>"observed.$1.err"
  [ -s "bare.$1" ] || [ -s bare.file ] || fail "$1: the bare run showed nothing: $(cat "bare.$1.err")"
  diff "bare.$1" "observed.$1" || fail "$1 differs from bare"
  proven "$work/t.$1"
}

compare plain 'exec "$@"'
compare nice 'umask 027; ulimit -n 500; ulimit -c 0; exec nice -n 5 "$@"'
compare ignored 'trap "" HUP INT QUIT CHLD PIPE USR1; exec "$@"'
compare descriptors 'exec 7</dev/null 19>/dev/null "$@"'
compare set 'exec '"$PROGRAMS"'/inherit set "$@"'
compare stdin_closed 'exec "$@" <&-'
compare stdio_closed 'exec 5>&1 "$@" <&- 2>&-'
