# SPDX-License-Identifier: MIT
# Programs of Debian's that put themselves or their children under a seccomp filter.
. "$(dirname "$0")/lib.bash"
need file man

same_setup() { cp /bin/true "$1/program" && gzip -c /etc/passwd >"$1/packed" && echo text >"$1/text"; }
same file program packed text /etc
same file -z packed
same man -P cat true
"$SHUNT" run --shared-dir -o "$work/man" -- man -P cat true >"$work/out" 2>"$work/err"
[ $? -eq 0 ] && [ ! -s "$work/err" ] || fail "man with --shared-dir: $(cat "$work/err")"
diff "$work/bare.out" "$work/out" || fail "man with --shared-dir: another page"
