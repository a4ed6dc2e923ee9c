# SPDX-License-Identifier: MIT
# What cmake --install puts in place works from there, and goes on working when it is moved.
. "$(dirname "$0")/lib.bash"
: "${BUILD:?}"
need cmake pkg-config

cmake --install "$BUILD" --prefix "$work/first" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
mv "$work/first" "$work/moved"
"$work/moved/bin/shunt" run -o "$work/trace" -- true 2>"$work/err" || fail "$(cat "$work/err")"
[ ! -s "$work/err" ] || fail "not silent: $(cat "$work/err")"
proven "$work/trace"
"$work/moved/bin/shunt" report "$work/trace" >/dev/null || fail "report"

config=$(dirname "$(find "$work/moved" -name shunt.pc)")
library=$(PKG_CONFIG_PATH=$config pkg-config --variable=preload shunt) || fail "shunt.pc"
[ -e "$library" ] || fail "shunt.pc says $library"
mkdir "$work/user"
cat >"$work/user/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.25)
project(user NONE)
find_package(shunt REQUIRED)
get_target_property(command shunt::shunt_cli LOCATION)
file(WRITE ${CMAKE_BINARY_DIR}/command "${command}")
C
cmake -G Ninja -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/moved" >"$work/log" 2>&1 ||
  fail "$(cat "$work/log")"
"$(cat "$work/user/build/command")" --version >/dev/null || fail "the exported command"
