# SPDX-License-Identifier: MIT
# Programs with a sanitizer's runtime, which insists on being loaded first and watches every function
# of libc: started by us, by a program under us, and with the runtime preloaded by the user.
. "$(dirname "$0")/lib.bash"

same_filter() { sed -E 's/0x[0-9a-f]+/N/g; s/==[0-9]+==//; s/pid=[0-9]+//; s/tid=[0-9]+//'; }
observed() { # NAME: every call was counted
  local got
  got=$(total "$trace" read calls "$1") || exit 1
  [ "$got" -ge 1600 ] || fail "$1: $got of 1600 calls of read"
}

for kind in address thread undefined leak; do
  name=sanitized_$kind
  program=$PROGRAMS/$name
  [ -e "$program" ] || continue
  "$program" >"$work/out" 2>&1
  [ $? -eq 3 ] || { echo "left out: bare, $name says $(head -3 "$work/out")"; continue; }
  same "$program"
  observed "$name"
  same bash -c '"$1"; echo $?; env | grep -E "^(LD_|SHUNT)"; exit 4' bash "$program"
  observed "$name"
  tested=1
done
[ -n "${tested:-}" ] || skip "no sanitizer works here"
same "$PROGRAMS/sanitized_address" overflow
grep -q 'heap-buffer-overflow' "$work/observed.err" || fail "no report: $(cat "$work/observed.err")"

runtime=$(ldd "$PROGRAMS/sanitized_address" | awk '/libasan/ { print $3 }')
[ -n "$runtime" ] || exit 0
same env LD_PRELOAD="$runtime" "$PROGRAMS/sanitized_address"
same env LD_PRELOAD="$runtime" bash -c 'echo "$LD_PRELOAD"; ls / | wc -l'
