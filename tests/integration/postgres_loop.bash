# SPDX-License-Identifier: MIT
# A PostgreSQL backend serves one client: waiting for it is the loop's idle wait. pg_sleep waits in the
# same place of the code and is no rest: it stalls the client's query.
. "$(dirname "$0")/lib.bash"
. "$(dirname "$0")/postgres.lib.bash"

serve "$SHUNT" run --threshold 20ms -o "$work/server.trace" --
/usr/bin/python3 - "$port" <<'P' || fail "the session"
import subprocess, sys, time
psql = subprocess.Popen(["psql", "-h", "127.0.0.1", "-p", sys.argv[1], "-U", "test", "-d", "postgres",
                         "-qAt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
for i in range(1, 61):
    psql.stdin.write("select %s%d;\n" % ("pg_sleep(0.04), " if i % 10 == 5 else "", i))
    if not psql.stdout.readline().rstrip().endswith(str(i)):
        sys.exit("no answer to query %d" % i)
    time.sleep(0.003)
psql.stdin.close()
sys.exit(psql.wait())
P
stop
proven "$work/server.trace"
report --all --json "$work/server.trace" >"$work/report.json" || fail "no report"
/usr/bin/python3 - "$work/report.json" <<'P' || fail "$(report "$work/server.trace")"
import json, sys
with open(sys.argv[1]) as file:
    processes = json.load(file)["processes"]
backends = [(process, loop) for process in processes for loop in process["loops"]
            if loop["turns"] >= 50]
assert len(backends) == 1, "%d backends with a loop" % len(backends)
process, loop = backends[0]
sites = {site["id"]: site for site in process["sites"]}
assert loop["call"] == "epoll_wait", loop["call"]
assert 57 <= loop["turns"] <= 75, loop["turns"]
assert loop["stalls"] >= 6, loop["stalls"]
first = loop["sites"][0]
assert sites[first["site"]]["call"] == "epoll_wait", sites[first["site"]]["call"]
assert first["stalled_turns"] == 6, first["stalled_turns"]
assert first["stall_ns"] >= 6 * 39_000_000, first["stall_ns"]
assert "pg_sleep" in sites[first["site"]]["callers"], sites[first["site"]]["callers"]
P
