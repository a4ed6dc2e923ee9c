# SPDX-License-Identifier: MIT
# Traces are never overwritten: the default name moves on, a name that was asked for is refused.
. "$(dirname "$0")/lib.bash"
mkdir "$work/here" && cd "$work/here" || exit 1

for _ in 1 2 3; do "$SHUNT" run -- true || fail "run"; done
[ "$(echo shunt.out*)" = "shunt.out shunt.out.1 shunt.out.2" ] || fail "default names: $(ls)"
[ "$(stat -c %a shunt.out)" = 700 ] || fail "mode $(stat -c %a shunt.out)"
[ "$(stat -c %a shunt.out/true.*.shunt)" = 600 ] || fail "mode of the trace"

before=$(cd shunt.out && sha256sum ./*)
"$SHUNT" run -o shunt.out -- touch started 2>err
[ $? -eq 125 ] || fail "a directory with traces was taken"
[ "$(wc -l <err)" -eq 1 ] || fail "not one sentence: $(cat err)"
[ ! -e started ] || fail "it was started all the same"
[ "$before" = "$(cd shunt.out && sha256sum ./*)" ] || fail "a trace was changed"

"$SHUNT" run -o '%e-%h-100%%' -- true || fail "name with %"
[ -e "true-$(hostname)-100%/run.json" ] || fail "-o %e-%h-100%%: $(ls)"
"$SHUNT" run --shared-dir -o shared -- true || fail "--shared-dir"
[ "$(stat -c %a shared)" = 1733 ] || fail "mode of --shared-dir: $(stat -c %a shared)"
(umask 077 && SHUNT_OUTPUT=mirrored SHUNT_SHARED_DIR=1 "$SHUNT" run -- true) || fail "mirrors"
[ "$(stat -c %a mirrored)" = 1733 ] || fail "SHUNT_OUTPUT, SHUNT_SHARED_DIR: $(ls -l)"
mkdir -m 750 empty && "$SHUNT" run -o empty -- true || fail "an empty directory was refused"
[ "$(stat -c %a empty)" = 750 ] || fail "the mode of a directory that was there changed"
