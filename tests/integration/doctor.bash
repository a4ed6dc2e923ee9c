# SPDX-License-Identifier: MIT
# shunt doctor says beforehand what shunt run would find out.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# says STATUS PROGRAM TEXT...: exit status, and each text on stdout whatever the line breaks.
says() {
  local status=$1 program=$2 text
  shift 2
  "$SHUNT" doctor "$program" >out 2>err
  local got=$?
  [ $got -eq "$status" ] || fail "$program: status $got and not $status: $(cat out err)"
  tr -s ' \n' ' ' <out >flat
  for text in "$@"; do grep -qF -- "$text" flat || fail "$program: no '$text' in: $(cat out)"; done
  awk 'length > 80 { exit 1 }' out || [[ $program == /* ]] || fail "$program: wider than 80 columns"
}

# refuses PROGRAM TEXT: one sentence, exit 1, nothing on stdout.
refuses() {
  "$SHUNT" doctor "$1" >out 2>err
  local got=$?
  [ $got -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] || fail "$1: $got $(cat out err)"
  grep -qF "$2" err || fail "$1: no '$2' in $(cat err)"
}

says 0 "$PROGRAMS/hello" '(glibc)' 'write' 'It can be observed.' 'shunt run --'
says 0 /usr/bin/python3 'getaddrinfo' 'dlopen' 'It can be observed.'
says 1 "$PROGRAMS/hello_static" 'statically linked' 'cannot be observed' 'raw system call'
says 1 "$PROGRAMS/hello_static_pie" 'statically linked' 'cannot be observed'
[ ! -e "$PROGRAMS/hello_musl" ] || says 1 "$PROGRAMS/hello_musl" '(musl)' 'cannot be observed'
says 1 "$LIBSHUNT" 'a shared library'
printf '#!/usr/bin/env python3\n' >script && chmod +x script
says 0 ./script 'run by /usr/bin/env' 'It can be observed.'
cp "$PROGRAMS/hello" lines && strip -g lines && says 0 ./lines 'functions without lines'
strip lines && says 0 ./lines 'it is stripped'
if [ "$(id -u)" -eq 0 ]; then
  cp "$PROGRAMS/hello" setuid && chown 65534 setuid && chmod 4755 setuid
  says 1 ./setuid 'setuid' 'ignores LD_PRELOAD'
fi
if command -v redis-server >/dev/null; then
  says 0 redis-server fdatasync epoll_wait 'LIBRARIES' 'It can be observed.'
fi

refuses ./missing 'no such file'
refuses shunt-no-such-command 'no such command'
refuses /tmp 'directory'
refuses /etc/passwd 'no program'
head -c 3000 "$PROGRAMS/hello" >cut && chmod +x cut
"$SHUNT" doctor ./cut >out 2>err
[ $? -le 1 ] || fail "a file that was cut short: $(cat err)"
head -c 100000 /dev/urandom >noise && chmod +x noise && refuses ./noise 'no program'
: >empty && chmod +x empty && refuses ./empty 'no program'
# A damaged copy must be survived, whatever is said of it.
/usr/bin/python3 - "$SHUNT" "$PROGRAMS/hello" <<'P' || fail "damaged files"
import random, subprocess, sys
whole = open(sys.argv[2], "rb").read()
random.seed(3)
for i in range(150):
    bad = bytearray(whole)
    for _ in range(random.choice((1, 8, 200))):
        bad[random.choice((random.randrange(64), random.randrange(len(bad))))] = random.randrange(256)
    with open("bad", "wb") as file:
        file.write(bad[:random.choice((len(bad), random.randrange(len(bad))))])
    p = subprocess.run([sys.argv[1], "doctor", "./bad"], capture_output=True, timeout=20)
    assert p.returncode in (0, 1), (i, p)
P
