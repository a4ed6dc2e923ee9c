# SPDX-License-Identifier: MIT
# sqlite3 killed in mid-transaction, again and again: the file is whole, no half transaction is in it,
# and no finished one is missing.
. "$(dirname "$0")/lib.bash"
need sqlite3
rounds=$(by_size 4 30)

# Each transaction books an amount on one side and takes it from the other, and is told afterwards.
statements() {
  echo '.bail on'
  echo '.timeout 20000'
  echo "PRAGMA journal_mode=$1; PRAGMA synchronous=full;"
  awk -v first="$2" 'BEGIN {
    for (i = first; i < first + 100000; i++) {
      printf "BEGIN; INSERT INTO book VALUES(%d, %d, randomblob(%d));", i, i, i * 37 % 3000
      printf " INSERT INTO book VALUES(%d, %d, NULL); COMMIT; SELECT \"done %d\";\n", i, -i, i
    }
  }'
}

query() { sqlite3 -cmd '.timeout 20000' "$work/book.db" "$1"; }

finished=0
for round in $(seq "$rounds"); do
  journal=$([ $((round % 2)) = 0 ] && echo wal || echo delete)
  [ -e "$work/book.db" ] || query 'CREATE TABLE book(id INTEGER, amount INTEGER, filler BLOB)'
  statements $journal $((finished + 1)) >"$work/statements"
  rm -rf "$work/sqlite3.trace"
  under sqlite3
  : >"$work/said"
  "${words[@]}" sqlite3 "$work/book.db" <"$work/statements" >"$work/said" 2>"$work/errors" &
  run=$!
  servers+=("$run")
  # Whoever looks into the database keeps it from changing its journal: not before that is done, which
  # byte 18 of the file tells.
  format=$([ $journal = wal ] && echo 2 || echo 1)
  changed() { [ "$(od -An -tu1 -j18 -N1 "$work/book.db")" -eq "$format" ]; }
  wait_for 30 changed || fail "no $journal: $(cat "$work/errors")"
  begun() { [ "$(query 'SELECT count(*) FROM book' 2>/dev/null || echo 0)" -gt $((2 * finished + 2 * (round * 7 % 5))) ]; }
  wait_for 30 begun || fail "no transaction: $(cat "$work/errors")"
  kill -KILL "$(command_of "$run")"
  wait "$run" 2>/dev/null
  said=$(sed -n 's/^done //p' "$work/said" | tail -n 1)
  [ "$(query 'PRAGMA integrity_check')" = ok ] || fail "round $round: $(query 'PRAGMA integrity_check' | head -3)"
  state=$(query 'SELECT sum(amount), count(*) % 2, (SELECT count(*) FROM (SELECT id FROM book GROUP BY id HAVING count(*) <> 2)) FROM book')
  [ "$state" = '0|0|0' ] || fail "round $round: half a transaction: $state"
  last=$(query 'SELECT max(id) FROM book')
  [ "$last" -ge "${said:-0}" ] || fail "round $round: transaction $said was finished and is not there"
  finished=$last
done
echo "sqlite3: killed $rounds times in mid-transaction, $finished transactions, none halved or missing"
