# SPDX-License-Identifier: MIT
# Programs that cannot be observed run all the same, and one sentence says why.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# runs_bare TEXT COMMAND...: prints hello, status 3, one sentence with TEXT.
runs_bare() {
  local text=$1
  shift
  rm -rf t
  "$SHUNT" run -o t -- "$@" >out 2>err
  local status=$?
  [ $status -eq 3 ] || fail "$*: status $status: $(cat err)"
  [ "$(cat out)" = hello ] || fail "$*: output $(cat out)"
  [ "$(wc -l <err)" -eq 1 ] || fail "$*: not one sentence: $(cat err)"
  grep -q "$text" err || fail "$*: does not say '$text': $(cat err)"
  [ "$(json t/run.json 'len(d["gaps"]), d["exit_status"]')" = "(1, 3)" ] || fail "$*: run.json"
}

runs_bare 'statically linked' "$PROGRAMS/hello_static"
runs_bare 'statically linked' "$PROGRAMS/hello_static_pie"
[ ! -e "$PROGRAMS/hello_musl" ] || runs_bare 'musl' "$PROGRAMS/hello_musl"
printf '#!%s\n' "$PROGRAMS/hello_static" >script && chmod +x script
runs_bare 'statically linked' ./script
if [ "$(id -u)" -eq 0 ]; then
  cp "$PROGRAMS/hello" hello
  chown 65534 hello && chmod 4755 hello
  runs_bare 'setuid' ./hello
  cp "$PROGRAMS/hello" hello_g
  chown root:65534 hello_g && chmod 2755 hello_g
  runs_bare 'setuid' ./hello_g
fi
"$SHUNT" run -o dynamic -- "$PROGRAMS/hello" >out 2>err
[ $? -eq 3 ] && [ ! -s err ] || fail "the dynamic twin: $(cat err)"
proven dynamic

# A script without #! runs as in a shell.
echo 'echo hello; exit 3' >plain && chmod +x plain
"$SHUNT" run -o plain.t -- ./plain >out 2>err
[ $? -eq 3 ] && [ "$(cat out)" = hello ] && [ ! -s err ] || fail "script without #!: $(cat err)"
[ -e "$PROGRAMS/hello_musl" ] || echo "musl part skipped: musl-gcc is not installed"
