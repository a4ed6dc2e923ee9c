# SPDX-License-Identifier: MIT
# Killed at 200 random instants, two at a time: every trace that began is readable.
. "$(dirname "$0")/lib.bash"

cat >"$work/kill.py" <<'P'
import os, random, signal, subprocess, sys, time
shunt, work, waits, part = sys.argv[1:]
random.seed(int(part))
for i in range(int(part), 200, 2):
    p = subprocess.Popen([shunt, "run", "-o", f"{work}/k{i}", "--no-completeness", "--", waits],
                         stderr=subprocess.DEVNULL, start_new_session=True)
    # Early instants are the dangerous ones: the library is setting itself up.
    time.sleep(random.choice((random.uniform(0, 0.004), random.uniform(0, 0.02),
                              random.uniform(0, 0.2))))
    for one in open(f"/proc/{p.pid}/task/{p.pid}/children").read().split():
        try:
            with open(f"/proc/{one}/comm") as file:
                if "witness" not in file.read():
                    os.kill(int(one), signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError):
            pass
    try:
        p.wait(timeout=60)
    except subprocess.TimeoutExpired:
        raise SystemExit(f"run {i} goes on after SIGKILL")
    finally:
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
P
killers=()
for part in 0 1; do
  /usr/bin/python3 "$work/kill.py" "$SHUNT" "$work" "$PROGRAMS/waits" $part &
  killers+=($!)
done
for killer in "${killers[@]}"; do
  wait "$killer" || fail "killing"
done

look_at() { # DIR: its report's output, errors and status in files
  timeout 60 "$SHUNT" report --all "$1" >"$1/out" 2>"$1/err"
  echo $? >"$1/status"
}
export -f look_at
export SHUNT
printf '%s\n' "$work"/k[0-9]* | xargs -P 2 -I {} bash -c 'look_at {}'

read=0 nothing=0
for dir in "$work"/k[0-9]*; do
  traces=("$dir"/*.shunt)
  status=$(<"$dir/status")
  if [ ! -e "${traces[0]}" ]; then
    nothing=$((nothing + 1))
    [ "$status" -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] ||
      fail "$dir holds no trace: status $status: $(cat "$dir/err")"
  elif [ "$status" -eq 0 ]; then
    read=$((read + 1))
  else
    # Killed inside the constructor, before the trace said READY: one sentence is all there is.
    [ "$status" -eq 1 ] && [ "$(wc -l <"$dir/err")" -eq 1 ] ||
      fail "$dir: status $status: $(cat "$dir/err")"
    state=$(od -An -tu4 -j 32 -N 4 "${traces[0]}" 2>/dev/null)
    [ "$((${state:-0}))" -eq 0 ] || fail "$dir: a trace that was ready is not readable: $(cat "$dir/err")"
    nothing=$((nothing + 1))
  fi
done
echo "$read readable, $nothing killed before the library was ready"
[ $read -ge 100 ] || fail "too few runs came to observing"
