#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stress-ng --verify: each stressor makes one family of system calls as fast as it can and checks what
# they did. One worker and few operations; what comes first, the operations or 5 s of them, ends it.
. "$(dirname "$0")/lib.bash"

# STRESSOR OPERATIONS
quick="access:20 alarm:20 chdir:20 chmod:20 chown:20 clock:20 clone:20 daemon:20 dentry:64 dir:64 dup:20
  env:20 epoll:200 eventfd:200 exec:20 fallocate:20 fcntl:20 fifo:200 file-ioctl:20 flock:200 fork:50
  fstat:20 futex:200 getdent:20 hdd:50 itimer:50 kill:200 link:20 lockf:200 mmap:5 mq:200 msg:500
  mutex:200 nanosleep:20 open:100 pipe:2000 poll:100 pthread:20 rename:100 sem:200 sigchld:50
  sigsuspend:100 sock:20 sockpair:20 switch:1000 wait:20"
# Left out: what takes the whole machine's memory, disk, inodes or processes (dirdeep, forkheavy, oom-pipe,
# resources).
full="$quick af-alg:20 aio:20 bad-altstack:20 bad-ioctl:5 brk:2000 cap:100 chroot:20 close:100 context:20
  copy-file:10 dirmany:20 dnotify:20 enosys:1 eventfd:200 exit-group:5 fault:200 fiemap:20
  filename:20 fpunch:10 fsize:10 full:20 get:5 getrandom:20 inotify:10 io:20 iomix:20
  ioprio:20 klog:5 landlock:20 lease:50 locka:200 lockofd:200 longjmp:200 loadavg:20 madvise:3
  memfd:3 mincore:5 mknod:20 mlock:3 mmapfork:3 mremap:3 munmap:3 netlink-proc:5 nice:5 null:2000
  personality:20 pidfd:20 ping-sock:20 pipeherd:200 prctl:5 procfs:5 ptrace:50 pty:2
  race-sched:20 readahead:50 remap:5 revio:50 ring-pipe:200 rlimit:20 schedpolicy:50
  seal:20 seccomp:20 seek:50 sem-sysv:200 sendfile:20 session:20 set:50 shm:3 shm-sysv:3 sigabrt:20
  sigfd:200 sigfpe:100 sigio:50 signal:500 signest:20 sigpending:100 sigpipe:100 sigq:200 sigrt:200
  sigsegv:100 sigtrap:100 sleep:20 sockabuse:10 sockfd:100 sockmany:5 spawn:20 splice:200 stack:2
  switch:1000 symlink:20 sync-file:5 sysinfo:20 tee:100 timer:200 timerfd:200 tmpfs:3 touch:100
  udp:100 udp-flood:100 umount:5 unshare:5 urandom:20 userfaultfd:5 utime:100 vfork:100
  vforkmany:50 vm-rw:3 vm-splice:100 xattr:20 yield:1000 zombie:20"
long=$full

# By default these fill a gigabyte.
sizes=(--copy-file-bytes 128M --fallocate-bytes 16M --fiemap-bytes 16M --hdd-bytes 16M
  --iomix-bytes 16M --readahead-bytes 16M --revio-bytes 16M --seek-size 16M --sync-file-bytes 16M)

# Exit statuses of stress-ng(1): 2 a stressor failed, 3 no resources, 4 not implemented here.
word() {
  case $1 in
  0) echo pass ;;
  3 | 4) echo skip ;;
  *) echo "fail-$1" ;;
  esac
}

unit() {
  local name=${1%:*}
  cd "$WORK" || exit 1
  program stress-ng --"$name" 1 --"$name"-ops "${1#*:}" --verify --timeout 5 "${sizes[@]}" \
    --temp-path "$WORK" >log 2>&1
  grep -q 'unsuccessful\|fail:' log && [ "$status" = 0 ] && status=complains
  echo "$name $(word "$status")"
}

case $action in
prepare) ;;
units) printf '%s\n' ${!argument} | sort -u ;;
unit) unit "$argument" ;;
esac
