# SPDX-License-Identifier: MIT
# lighttpd serves 1,000 files and curl fetches them, 16 at once: every checksum is right.
. "$(dirname "$0")/lib.bash"
need lighttpd curl sha256sum
count=$(by_size 200 1000)

mkdir "$work/www" "$work/got"
/usr/bin/python3 - "$work/www" "$count" <<'P'
import os, random, sys
random.seed(7)
for i in range(int(sys.argv[2])):
    size = random.choice([0, 1, 511, 4096, random.randrange(100_000), random.randrange(1_000_000) if i % 20 == 0 else 17])
    with open(f"{sys.argv[1]}/{i}.bin", "wb") as file:
        file.write(os.urandom(size))
P
port=$(free_port)
cat >"$work/conf" <<C
server.document-root = "$work/www"
server.bind = "127.0.0.1"
server.port = $port
C
under lighttpd
"${words[@]}" /usr/sbin/lighttpd -D -f "$work/conf" >"$work/log" 2>&1 &
server=$!
servers+=("$server")
up() { curl -s -o /dev/null "http://127.0.0.1:$port/0.bin"; }
wait_for 20 up || fail "no server: $(cat "$work/log")"
for i in $(seq 0 $((count - 1))); do
  printf 'url = "http://127.0.0.1:%d/%d.bin"\noutput = "%s/got/%d.bin"\n' "$port" "$i" "$work" "$i"
done >"$work/urls"
under curl
"${words[@]}" curl -sS --no-progress-meter --parallel --parallel-max 16 -K "$work/urls" >"$work/curl.log" 2>&1 ||
  fail "curl ended with $?: $(tail -n 3 "$work/curl.log")"
kill -INT "$server"
wait "$server" || fail "lighttpd ended with $?: $(tail -n 3 "$work/log")"
(cd "$work/www" && sha256sum -- *) >"$work/sums"
(cd "$work/got" && sha256sum --quiet -c "$work/sums") >"$work/checked" 2>&1 ||
  fail "wrong files: $(head -n 5 "$work/checked")"
proven_mode lighttpd
proven_mode curl
echo "files: $count files, $(du -sb "$work/www" | cut -f1) bytes, every checksum right"
