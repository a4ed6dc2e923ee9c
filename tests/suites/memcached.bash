#!/bin/bash
# SPDX-License-Identifier: MIT
#
# memcached's own tests, from the source package, against a memcached built from it (they need one that is
# built for tests): one file is one test. How many checks a file makes varies from run to run, so its
# exit status is what is compared.
. "$(dirname "$0")/lib.bash"

programs="memcached memcached-debug timedrun sizes testapp"

prepare() {
  source_package memcached
  [ ! -x "$CACHE/memcached/testapp" ] || return 0
  (cd "$CACHE/memcached" && ./configure --enable-sasl --enable-tls && make $programs) \
    >"$CACHE/memcached.log" 2>&1 || die "building memcached failed: see $CACHE/memcached.log"
}

units() {
  case $1 in
  quick) printf '%s\n' 64bit cas flags getset incrdecr noreply stats touch unixsocket ;;
  *) find "$CACHE/memcached/t" -name '*.t' -printf '%f\n' | sed 's/\.t$//' | sort ;;
  esac
}

unit() {
  local one
  cp -r "$CACHE/memcached/t" "$WORK/t"
  cd "$WORK" || exit 1
  for one in $programs; do ln -s "$CACHE/memcached/$one" "$one"; done
  program perl -I t/lib "t/$1.t" >log 2>&1
  if [ "$status" = 0 ] && grep -q '^1\.\.0 # SKIP' log; then
    echo "$1 skip"
  else
    echo "$1 $(passed "$status")"
  fi
}

case $action in
prepare) prepare ;;
units) units "$argument" ;;
unit) unit "$argument" ;;
esac
