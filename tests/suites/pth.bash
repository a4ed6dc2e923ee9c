#!/bin/bash
# SPDX-License-Identifier: MIT
#
# GNU Pth's own tests, from the source package: user-level threads that switch stacks under our feet.
. "$(dirname "$0")/lib.bash"

tests="test_std test_mp test_uctx"

prepare() {
  source_package pth
  [ ! -x "$CACHE/pth/test_uctx" ] || return 0
  (cd "$CACHE/pth" && ./configure --disable-shared CFLAGS=-O1 && make && make $tests) \
    >"$CACHE/pth.log" 2>&1 || die "building Pth failed: see $CACHE/pth.log"
}

unit() {
  cd "$CACHE/pth" || exit 1
  program "./$1" </dev/null >"$WORK/log" 2>&1
  echo "$1 $(passed "$status")"
}

case $action in
prepare) prepare ;;
units) printf '%s\n' $tests ;;
unit) unit "$argument" ;;
esac
