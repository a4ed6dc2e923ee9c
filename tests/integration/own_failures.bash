# SPDX-License-Identifier: MIT
# What we cannot start: 127, 126 and 125, each with one sentence, and nothing left behind.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# refuse STATUS TEXT SHUNT-RUN-ARGUMENTS...
refuse() {
  local status=$1 text=$2
  shift 2
  "$SHUNT" run "$@" >out 2>err
  local got=$?
  [ $got -eq "$status" ] || fail "shunt run $*: status $got and not $status"
  [ "$(wc -l <err)" -eq 1 ] || fail "shunt run $*: not one line: $(cat err)"
  grep -q "$text" err || fail "shunt run $*: does not say '$text': $(cat err)"
  [ ! -s out ] || fail "shunt run $*: something was started"
  [ ! -e shunt.out ] || fail "shunt run $*: left shunt.out behind"
}

printf '\177ELF garbage' >garbage
printf '#!/nowhere/interpreter\n' >orphan
echo hello >plain
chmod +x garbage orphan
refuse 127 'no such file' -- ./missing
refuse 127 'no such command' -- shunt-no-such-command
refuse 127 'interpreter' -- ./orphan
refuse 126 'directory' -- ./
refuse 126 'directory' -- /tmp
refuse 126 'not executable' -- ./plain
refuse 126 'cannot run' -- ./garbage
refuse 125 'which command'
refuse 125 'threshold' --threshold 3parsecs -- touch started
refuse 125 'size' --max-size 1x -- touch started
refuse 125 'at least' --max-size 4K -- touch started
refuse 125 'no option --no-such-option; see' --no-such-option -- touch started
refuse 125 'cannot write traces' -o /proc/nowhere -- touch started
refuse 125 'cannot write traces' -o "$work/plain/x" -- touch started
refuse 125 'after %' -o 'x%q' -- touch started
SHUNT_LIBRARY=/nowhere/libshunt.so refuse 125 'libshunt.so' -- touch started
[ ! -e started ] || fail "a refused run was started"

if [ "$(id -u)" -eq 0 ]; then
  mkdir locked && chmod 755 locked
  cp "$PROGRAMS/inherit" show && chmod 755 show
  setpriv --reuid 65534 --regid 65534 --clear-groups \
    "$SHUNT" run -o "$work/locked/trace" -- "$work/show" show >out 2>err
  [ $? -eq 125 ] || fail "an unwritable -o was not refused"
  [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] || fail "unwritable -o: $(cat err out)"
fi
