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

# does_not_say PROGRAM TEXT
does_not_say() {
  "$SHUNT" doctor "$1" >out 2>err
  tr -s ' \n' ' ' <out >flat
  ! grep -qF -- "$2" flat || fail "$1: '$2' in: $(cat out)"
}

# found PROGRAM ID: in the JSON, too, with the same exit status
found() {
  "$SHUNT" doctor --json "$1" >doctor.json || fail "doctor --json $1"
  [ "$(json doctor.json "any(f['id'] == '$2' and f['text'] for f in d['findings'])")" = True ] ||
    fail "$1: no finding $2 in $(cat doctor.json)"
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

# What lies past libc: told by its function, and not where the bytes are there by chance.
says 0 "$PROGRAMS/raw_syscall" 'at least 1 raw system call instruction' 'the program 1, in ask_kernel'
found "$PROGRAMS/raw_syscall" raw-syscalls
does_not_say /bin/bash 'system call instructions outside libc'

# Interpreters, their versions and what their scripts could import.
version=$(/usr/bin/python3 -c 'import sys; print("Python %d.%d" % sys.version_info[:2])')
says 0 /usr/bin/python3 "it runs $version" 'the frames of this version can be named'
found /usr/bin/python3 interpreter
printf '#!/usr/bin/python3\n' >green && chmod +x green
mkdir -p site/eventlet && : >site/eventlet/__init__.py
PYTHONPATH=$work/site says 0 ./green 'its Python can import' 'eventlet'
PATH=/usr/bin:/bin says 0 ./script 'run by /usr/bin/env and /usr/bin/python3' "it runs $version"

# Names and chains.
if [ -e /var/lib/dpkg/info/bash.list ]; then says 0 /bin/bash "Debian's package bash-dbgsym"; fi
if command -v objcopy >/dev/null; then
  objcopy -R .eh_frame -R .eh_frame_hdr "$PROGRAMS/phases" flat_chains
  says 0 ./flat_chains 'no unwind information (.eh_frame) in the program'
  does_not_say "$PROGRAMS/phases" 'no unwind information'
fi

# What is set here, and what runs here.
LD_PRELOAD=libm.so.6 says 0 "$PROGRAMS/hello" 'LD_PRELOAD is set to libm.so.6: it is kept'
mkfifo fifo
bash -c 'exec 7<>fifo; read -r -u 7 line' &
servers+=($!)
says 0 $! "process $! runs without the library" 'shunt run -- /usr/bin/bash'
mkdir trace
LD_PRELOAD=$LIBSHUNT SHUNT_DIR=$work/trace bash -c 'exec 7<>fifo; read -r -u 7 line' &
observed=$!
servers+=($observed)
carries() { "$SHUNT" doctor $observed | tr -s ' \n' ' ' | grep -qF "process $observed carries the library"; }
wait_for 30 carries || fail "an observed process: $("$SHUNT" doctor $observed)"

"$SHUNT" doctor --json "$PROGRAMS/hello_static" >doctor.json
[ $? -eq 1 ] && [ "$(json doctor.json "d['kind'], d['observable']")" = "('static', False)" ] ||
  fail "a static program in JSON: $(cat doctor.json)"
refuses 4194999 'no process with this number'

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
