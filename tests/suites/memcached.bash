#!/bin/bash
# SPDX-License-Identifier: MIT
#
# memcached's own tests, from the source package, against Debian's memcached: one file is one test. How
# many checks a file makes varies from run to run, so its exit status is what is compared.
. "$(dirname "$0")/lib.bash"

prepare() {
  source_package memcached
  local tree=$CACHE/memcached
  ln -sf /usr/bin/memcached "$tree/memcached"
  ln -sf /usr/bin/memcached "$tree/memcached-debug"
  [ -x "$tree/timedrun" ] || cc -O2 -o "$tree/timedrun" "$tree/timedrun.c"
}

units() {
  case $1 in
  quick) printf '%s\n' 64bit cas flags getset incrdecr noreply stats touch unixsocket ;;
  *) find "$CACHE/memcached/t" -name '*.t' -printf '%f\n' | sed 's/\.t$//' | sort ;;
  esac
}

unit() {
  cp -r "$CACHE/memcached/t" "$WORK/t"
  cp -P "$CACHE/memcached"/{memcached,memcached-debug,timedrun} "$WORK"
  cd "$WORK" || exit 1
  program perl -I t/lib "t/$1.t" >log 2>&1
  if [ "$status" = 0 ] && grep -q '^1\.\.0 # SKIP' log; then echo "$1 skip"; else echo "$1 $(passed "$status")"; fi
}

case $action in
prepare) prepare ;;
units) units "$argument" ;;
unit) unit "$argument" ;;
esac
