#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Cotyledon's own tests, from its authors' archive, against Debian's package: managers and workers that
# are signalled, killed and started again. One test class is one unit, and ends after two minutes: a
# worker that is signalled while it starts hangs now and then, bare too.
. "$(dirname "$0")/lib.bash"

quick="test_unit:SomeTest"
full="test_unit:SomeTest test_functional:TestCotyledon test_functional:TestBadlyCodedCotyledon
  test_functional:TestBuggyCotyledon test_functional:TestOsloCotyledon
  test_functional:TestTermDuringStartupCotyledon"
long=$full

prepare() { source_archive python-cotyledon; }

unit() {
  cd "$WORK" || exit 1
  # Its examples are started as `python`; the tests are all that is taken from the archive.
  mkdir bin
  ln -s "$PYTHON" bin/python
  cp -r /usr/lib/python3/dist-packages/cotyledon "$CACHE/python-cotyledon/cotyledon/tests" .
  mv tests cotyledon/
  PATH=$WORK/bin:$PATH PYTHONPATH=$WORK program timeout 120 \
    "$PYTHON" -m pytest -q -p no:cacheprovider --junit-xml "$WORK/junit.xml" \
    "cotyledon/tests/${1%%:*}.py::${1#*:}" >log 2>&1
  [ ! -s junit.xml ] || junit_lines junit.xml
  echo "(exit) $(passed "$status")"
}

case $action in
prepare) prepare ;;
units) printf '%s\n' ${!argument} ;;
unit) unit "$argument" ;;
esac
