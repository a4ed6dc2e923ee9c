# SPDX-License-Identifier: MIT
# A shell script with hundreds of children: pipes, background jobs, traps, exit statuses.
. "$(dirname "$0")/lib.bash"

cat >"$work/script" <<'S'
#!/bin/bash
for i in $(seq 100); do
  /bin/echo "child $i" | cat
  (exit $((i % 5))) || echo "status $?"
done
for i in 1 2 3 4 5 6 7 8; do (sleep 0.0$i; exit $i) & pids[i]=$!; done
for i in 8 7 6 5 4 3 2 1; do wait ${pids[i]}; echo "job $i ended with $?"; done
trap 'echo trapped' USR1
kill -USR1 $$
coproc cat
echo "through a coprocess" >&"${COPROC[1]}"
read -r line <&"${COPROC[0]}" && echo "$line"
eval "exec ${COPROC[1]}>&-"
wait
diff <(seq 5) <(seq 6)
echo "diff says $?"
seq 1000 | xargs -n 10 -P 2 true && echo xargs
timeout 0.1 sleep 5; echo "timeout says $?"
sh -c 'kill -9 $$'; echo "killed: $?"
echo to stderr >&2
exec 3</etc/hostname; fds=(/proc/$$/fd/*); echo "${fds[@]##*/}"
exit 42
S
chmod +x "$work/script"
same_filter() { sed -E 's/[0-9]{3,}/N/g; s/ +/ /g'; } # pids, and what they are padded with
same "$work/script"
[ "$(find "$trace" -name '*.shunt' | wc -l)" -ge 200 ] || fail "children without a trace"
