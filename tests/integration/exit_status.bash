# SPDX-License-Identifier: MIT
# The program's exit status and the signal that killed it are those of shunt run.
. "$(dirname "$0")/lib.bash"

for status in 0 1 7 125 126 127 255; do
  observe bash -c "exit $status"
  got=$?
  [ $got -eq $status ] || fail "exit $status came out as $got"
  proven
  [ "$(json "$trace/run.json" 'd["exit_status"], d["signal"]')" = "($status, None)" ] ||
    fail "run.json says otherwise for $status"
done

# A shell cannot tell 143 from a signal; the parent of a process can.
cat >"$work/parent.py" <<'P'
import os, subprocess, sys
shunt, work = sys.argv[1:]
for signal in (1, 2, 3, 6, 9, 10, 11, 13, 15, 34):
    p = subprocess.run([shunt, "run", "-o", f"{work}/s{signal}", "--", "dash", "-c",
                        f"kill -{signal} $$; exit 5"], cwd=work)
    assert p.returncode == -signal, (signal, p.returncode)
    core = [n for n in os.listdir(work) if n.startswith("core")]
    assert len(core) <= 1, core
    for n in core:
        os.unlink(os.path.join(work, n))
P
/usr/bin/python3 "$work/parent.py" "$SHUNT" "$work" || fail "a fatal signal was not passed on"
