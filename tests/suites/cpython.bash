#!/bin/bash
# SPDX-License-Identifier: MIT
#
# CPython's own regression tests, from Debian's libpython3.11-testsuite: one process a module. The
# modules are those that live by system calls: files, processes, threads, signals, sockets, terminals.
# Their VSOCK tests hang on machines that have the device and nobody behind it.
. "$(dirname "$0")/lib.bash"

quick="test_fork1 test_select test_epoll test_fcntl test_grp test_wait3 test_wait4
  test_threadsignals test_pipes test_univnewlines test_file_eintr test_openpty test_popen test_glob test_file test_thread"
full="$quick test_asynchat test_asyncore test_bz2 test_cmd_line test_cmd_line_script test_dbm
  test_devpoll test_eintr test_faulthandler test_filecmp test_fileinput test_fileio
  test_ftplib test_gzip test_httpservers test_imaplib test_io test_ioctl test_largefile
  test_mmap test_os test_pathlib test_poll test_poplib test_posix test_pty test_queue test_resource
  test_sched test_selectors test_shutil test_signal test_smtplib test_socket test_socketserver
  test_runpy test_subprocess test_syslog test_tempfile test_threading test_time
  test_timeout"
long="$full test_asyncio test_multiprocessing_fork test_multiprocessing_forkserver
  test_multiprocessing_spawn test_concurrent_futures test_logging test_mailbox test_tarfile
  test_ssl test_urllib2_localnet test_xmlrpc test_wsgiref test_zipfile test_locale test_readline
  test_repl test_threading_local test_threadedtempfile test_venv"

unit() {
  cd "$WORK" || exit 1
  program "$PYTHON" -m test --junit-xml "$WORK/junit.xml" -u none -i '*VSOCK*' "$1" >log 2>&1
  [ ! -s junit.xml ] || junit_lines junit.xml
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) ;;
units) printf '%s\n' ${!argument} ;;
unit) unit "$argument" ;;
esac
