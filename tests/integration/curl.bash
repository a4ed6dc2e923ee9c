# SPDX-License-Identifier: MIT
# curl against a loopback server: files, a redirect, a refused connection.
. "$(dirname "$0")/lib.bash"
need curl
same_filter() { sed -E 's/after [0-9]+ ms/after N ms/'; }

mkdir "$work/www" "$work/www/dir"
head -c 3000000 /dev/urandom >"$work/www/big"
echo small >"$work/www/small"
port=$(free_port)
(cd "$work/www" && exec /usr/bin/python3 -m http.server --bind 127.0.0.1 "$port") \
  >/dev/null 2>&1 &
servers+=($!)
wait_for 60 curl -s "http://127.0.0.1:$port/small" || fail "no server"

same curl -s "http://127.0.0.1:$port/big"
same curl -sS "http://localhost:$port/small" "http://127.0.0.1:$port/missing"
same curl -sLo out "http://127.0.0.1:$port/dir"
same curl -sS "http://127.0.0.1:$(free_port)/"
same curl -sS --no-progress-meter --parallel "http://127.0.0.1:$port/small" "http://127.0.0.1:$port/small"
