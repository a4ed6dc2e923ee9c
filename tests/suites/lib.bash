# SPDX-License-Identifier: MIT
#
# What the runners of real suites share. A runner NAME.bash is called by scripts/suites as
#
#   NAME.bash prepare           once: fetch and build what no package brings, into $CACHE
#   NAME.bash units SIZE        the units of the suite, one a line; SIZE is quick, full or long
#   NAME.bash unit UNIT         run one; print a line `TEST STATUS` for each test in it
#
# A unit is the least that can be repeated alone. STATUS is pass, fail, skip or a word of the suite's
# own. For `unit`, scripts/suites sets MODE (bare, observed, routed or green), AGAINST (the mode that bare
# runs are compared with), SHUNT, DUMP (trace_dump), CACHE and WORK (an empty directory, thrown away
# afterwards); they are not exported further, so that programs cannot see how they are run.
set -u
HERE=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
PYTHON=/usr/bin/python3.11
export -n MODE AGAINST SHUNT DUMP CACHE WORK ISOLATED FIRST_PID
action=${1:-} argument=${2:-}

die() {
  echo "$(basename "$0" .bash): $*" >&2
  exit 1
}

# The unit has a network of its own with a loopback device alone, and process ids of its own.
if [ "${ISOLATED:-}" = 1 ] && [ "$action" = unit ]; then
  ip link set lo up
  echo "$FIRST_PID" >/proc/sys/kernel/ns_last_pid
fi

# program COMMAND...: runs it as MODE says, with all its descendants; its exit status is left in
# $status. A run that is not bare leaves `TRACES CALLS LOST MOVED` in $WORK/proof and no traces.
program() {
  if [ "$MODE" = bare ]; then
    "$@"
    status=$?
    return
  fi
  local trace=$WORK/trace proof routed=()
  [ "$MODE" != routed ] || routed=(--route pool)
  [ "$MODE" != green ] || routed=(--route green)
  "$SHUNT" run "${routed[@]}" --max-size "${MAX_SIZE:-64M}" -o "$trace" -- "$@"
  status=$?
  proof=$("$DUMP" "$trace"/*.shunt 2>"$WORK/dump.err" |
    awk '/^trace /{traces++} /^total /{calls += $3} /^lost /{lost += $3}
         /^moved /{moved += $2} END{printf "%d %.0f %.0f %.0f\n", traces, calls, lost, moved}')
  echo "$proof" >>"$WORK/proof"
  # A trace without calls is one to look into.
  [[ ${proof#* } = '0 '* ]] || rm -rf "$trace"
}

# passed STATUS: the word for an exit status.
passed() { if [ "$1" = 0 ]; then echo pass; else echo "fail-$1"; fi; }

# junit_lines FILE: the tests of a JUnit XML file as lines `TEST STATUS`.
junit_lines() {
  "$PYTHON" - "$1" <<'P'
import sys
from xml.etree import ElementTree
for case in ElementTree.parse(sys.argv[1]).iter("testcase"):
    kinds = {child.tag for child in case}
    status = "fail" if kinds & {"failure", "error"} else "skip" if "skipped" in kinds else "pass"
    print("_".join(case.get("name").split()), status)
P
}

# source_lists RELEASE DIR: package lists for `apt-get source` in DIR: the machine's own with sources instead, or
# those of another release on its mirror.
source_lists() {
  local file mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$2/parts" "$2/lists/partial"
  if [ -n "$1" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -1)
    echo "deb-src [signed-by=$keys] ${mirror:-http://deb.debian.org/debian} $1 main" >"$2/parts/one-line.list"
    return
  fi
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$2/parts/$(basename "$file")"
  done
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^deb /deb-src /p' >"$2/parts/one-line.list"
}

# fetch_source NAME RELEASE APT_OPTION...: what `apt-get source` brings, into $CACHE/unpack.NAME, with lists and
# states apart from the machine's own. Without a RELEASE it is the machine's.
fetch_source() {
  local name=$1 apt=$CACHE/apt${2:+.$2}
  source_lists "$2" "$apt"
  shift 2
  mkdir -p "$CACHE/unpack.$name"
  local options=(-qq -o Dir::Etc::sourcelist="$apt/parts/one-line.list" -o APT::Sandbox::User=root
    -o Dir::Etc::sourceparts="$apt/parts" -o Dir::State::Lists="$apt/lists")
  (
    cd "$CACHE/unpack.$name" || exit 1
    apt-get "${options[@]}" update && apt-get "${options[@]}" source "$@" "$name"
  ) >"$apt/$name.log" 2>&1 || die "apt-get source $name failed: $(tail -1 "$apt/$name.log")"
}

# source_package NAME [RELEASE]: unpacks Debian's source package into $CACHE/NAME.
source_package() {
  [ ! -d "$CACHE/$1" ] || return 0
  fetch_source "$1" "${2:-}"
  mv "$CACHE/unpack.$1"/*/ "$CACHE/$1"
  rm -rf "$CACHE/unpack.$1"
}

# source_archive NAME: unpacks what its authors published, without Debian's patches, into $CACHE/NAME.
source_archive() {
  [ ! -d "$CACHE/$1" ] || return 0
  fetch_source "$1" "" --tar-only
  tar -C "$CACHE/unpack.$1" -xf "$CACHE/unpack.$1"/*.orig.tar.* || die "unpacking $1 failed"
  mv "$CACHE/unpack.$1"/*/ "$CACHE/$1"
  rm -rf "$CACHE/unpack.$1"
}
