# SPDX-License-Identifier: MIT
# Namespaces, other roots and users: children run as bare and are observed there or recorded as gaps,
# and what is said of pid 1 of a namespace is not taken from this machine's.
. "$(dirname "$0")/lib.bash"
need unshare setpriv chroot

gaps() { # TEXT: a gap that says so
  report --all "$trace" >"$work/page" 2>&1
  tr -s ' \n' ' ' <"$work/page" | grep -qF -- "$1" || fail "no word of '$1': $(cat "$work/page")"
}

tested=0
if unshare -Ur true 2>/dev/null; then
  same unshare -Ur sh -c 'id -u; sleep 0.05; exit 3'
  [ -e "$trace"/sleep.*.shunt ] || fail "the child in a user namespace was lost"
  tested=$((tested + 1))
fi
if [ "$(id -u)" -eq 0 ] && unshare -pf --mount-proc true 2>/dev/null; then
  same unshare -pf --mount-proc sh -c 'echo $$; sleep 1; set -- /proc/[0-9]*; echo $#; exit 4'
  [ -e "$trace"/sh.1.shunt ] && [ -e "$trace"/sleep.2.shunt ] ||
    fail "children in a pid namespace were lost: $(ls "$trace")"
  /usr/bin/python3 - "$trace/run.json" <<'P' || fail "threads of another pid namespace"
import json, sys
with open(sys.argv[1]) as file:
    run = json.load(file)
ours = [t for t in run["threads"] if t["pid"] in (1, 2)]
began = run["started_monotonic_ns"]
for t in ours:
    assert t["started_monotonic_ns"] >= began - 2e7, ("that is this machine's own", t)
    assert t["name"] in ("sh", "sleep", "unshare"), t
assert any(t["name"] == "sleep" for t in ours), run["threads"]
P
  tested=$((tested + 1))
fi
if [ "$(id -u)" -eq 0 ]; then
  same setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'id -u; sleep 0.01'
  gaps 'could not write to the trace directory'
  "$SHUNT" run --shared-dir -o "$work/shared" -- \
    setpriv --reuid 65534 --regid 65534 --clear-groups "$PROGRAMS/hello" >"$work/out" 2>"$work/err"
  [ $? -eq 3 ] && [ ! -s "$work/err" ] || fail "--shared-dir: $(cat "$work/err")"
  [ -e "$work"/shared/hello.*.shunt ] || echo "not observed for another user: $(ls "$work/shared")"

  mkdir -p "$work/jail/lib64" "$work/jail/bin"
  cp /bin/dash "$work/jail/bin/sh"
  for one in $(ldd /bin/dash | grep -oE '/[^ ]+'); do
    mkdir -p "$work/jail/$(dirname "$one")" && cp -L "$one" "$work/jail/$one"
  done
  same chroot --userspec 65534:65534 "$work/jail" sh -c 'echo in here; /bin/sh -c "exit 6"'
  gaps 'could not read libshunt.so from where it is'
  tested=$((tested + 1))
fi
if command -v bwrap >/dev/null && bwrap --ro-bind / / true 2>/dev/null; then
  same bwrap --ro-bind / / sh -c 'echo hello; exit 3'
  gaps 'could not write to the trace directory'
  same bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev sh -c 'echo $$; exit 4'
  tested=$((tested + 1))
fi
[ $tested -ge 2 ] || skip "needs root, or user namespaces"
