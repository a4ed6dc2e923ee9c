# SPDX-License-Identifier: MIT
# A program under a debugger or tracer while it is observed.
. "$(dirname "$0")/lib.bash"
need gdb strace

same_filter() { grep -vE 'Thread|libthread_db|Inferior|process [0-9]|^warning:|^$' | sed -E 's/0x[0-9a-f]+/N/g'; }
same gdb -batch -nx -ex 'handle SIGUSR1 nostop noprint pass' -ex 'break marks' -ex run -ex 'bt 2' -ex 'print n' -ex 'finish' -ex continue \
  -ex 'info registers rip' "$PROGRAMS/debugged"
grep -q 'main' "$work/observed.out" || fail "no stack: $(cat "$work/observed.out")"
same gdb -batch -nx -ex 'handle SIGUSR1 nostop noprint pass' -ex run "$PROGRAMS/debugged"
same strace -f -o /dev/null "$PROGRAMS/debugged"
