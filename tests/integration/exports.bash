# SPDX-License-Identifier: MIT
# The library exports the intercepted names, what decides about children, and nothing else; names under
# which libc keeps two codes have their versions, all others have none and answer to all.
. "$(dirname "$0")/lib.bash"
need readelf

"$SHUNT" calls --json >"$work/calls" || fail "shunt calls"
json "$work/calls" '"\n".join(sorted(sum(([c["call"], *c["other_names"]] for c in d["calls"] if ":" not in c["call"]), [])))' \
  >"$work/table"
[ "$(wc -l <"$work/table")" -gt 500 ] || fail "the table has $(wc -l <"$work/table") names"
readelf --dyn-syms -W "$LIBSHUNT" | awk '$4 ~ /FUNC|OBJECT/ && $5 != "LOCAL" && $7 != "UND" && $7 != "ABS" { print $8 }' \
  >"$work/exported"
sed 's/@.*//' "$work/exported" | sort -u >"$work/names"
comm -23 "$work/table" "$work/names" >"$work/missing"
[ ! -s "$work/missing" ] || fail "not exported: $(tr '\n' ' ' <"$work/missing")"
others=$(comm -13 "$work/table" "$work/names" |
  grep -vxF -f <(json "$work/calls" '"\n".join(call["call"] for call in d["passed"])') | grep -v '^shunt_')
[ -z "$others" ] || fail "exported and not in the table: $others"

# The same versions as this libc's, where there are any.
libc=$(ldd /bin/sh | awk '$1 == "libc.so.6" { print $3 }')
readelf --dyn-syms -W "$libc" | awk '$7 != "UND" { print $8 }' | sed 's/@@*/@/' | sort -u >"$work/libc"
grep @ "$work/exported" | sed 's/@@*/@/' | sort -u >"$work/versioned"
grep -qx 'realpath@GLIBC_2.2.5' "$work/versioned" || fail "realpath has no old version"
comm -23 "$work/versioned" "$work/libc" >"$work/unknown"
[ ! -s "$work/unknown" ] || fail "versions that libc does not have: $(tr '\n' ' ' <"$work/unknown")"
for name in $(sed 's/@.*//' "$work/versioned" | sort -u); do
  diff <(grep "^$name@" "$work/libc") <(grep "^$name@" "$work/versioned") || fail "versions of $name"
done

# What every call reads of the library's own variables is one cache line.
readelf -sW "$LIBSHUNT" >"$work/symbols"
lines=$(for name in clock_kind python_found route_switch thread_threshold observe_epoch trace_file; do
  address=$(awk -v name=$name '$8 == name { print $2 }' "$work/symbols")
  [ -n "$address" ] || echo "no $name"
  echo $((0x$address / 64))
done | sort -u)
[ "$(wc -l <<<"$lines")" = 1 ] || fail "the hot variables lie in several lines: $lines"

# ... and what many calls read besides begins in the same page.
pages=$(for name in clock_kind lock_tries python real_calls; do
  address=$(awk -v name=$name '$8 == name { print $2 }' "$work/symbols")
  [ -n "$address" ] || echo "no $name"
  echo $((0x$address / 4096))
done | sort -u)
[ "$(wc -l <<<"$pages")" = 1 ] || fail "the hot variables lie in several pages: $pages"
