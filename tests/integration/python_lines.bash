# SPDX-License-Identifier: MIT
# Sites of a Python program are its own functions and lines: through a package, the standard library,
# a generator, a callback of C code and a thread in which nothing of the application runs.
. "$(dirname "$0")/lib.bash"
here=$(dirname "$0")/python
cp -r "$here/shop" "$here/site-packages" "$work" || fail "no programs"

# line FILE MARK: where the program has it
line() { grep -n "# LINE $2\$" "$work/$1" | cut -d: -f1; }

# site CALL FUNCTION MEMBER
site() {
  json "$work/report.json" "[s['$3'] for s in d['processes'][0]['sites']
      if s['call'] == '$1' and s['function'] == '$2'] or 'no such site'"
}

# is CALL FUNCTION MEMBER VALUE
is() {
  local found
  found=$(site "$1" "$2" "$3")
  [ "$found" = "[$4]" ] || { "$SHUNT" report "$trace"; fail "$1 in $2: $3 is $found, not [$4]"; }
}

read_report() { "$SHUNT" report --json --pid "$pid" "$@" "$trace" >"$work/report.json" || fail "no report"; }

cd "$work" || exit 1
observe /usr/bin/python3 shop/main.py site-packages || fail "the program: $?"
proven
pid=$(json "$trace/run.json" 'd["pid"]')
read_report

main=shop/main.py driver=site-packages/slowdb/connection.py
is read Shop.load line "$(line $main Shop.load)"
is read Shop.load module "'shop/main.py'"
is read Shop.load via "'slowdb/connection.py:$(line $driver receive)'"
is read Shop.load layer "'application'"
is clock_nanosleep Shop.pause line "$(line $main Shop.pause)"
is clock_nanosleep Shop.pause via None
is clock_nanosleep Shop.lazily line "$(line $main Shop.lazily)"
is clock_nanosleep order line "$(line $main order)"
is clock_nanosleep order callers "'main < <module>'"
is clock_nanosleep 'careful.<locals>.<lambda>' line "$(line $main careful)"
is clock_nanosleep 'careful.<locals>.<lambda>' callers "'wrapped < careful < main < <module>'"

# The standard library waits for a child: the application's line is the site.
calls=$(json "$work/report.json" "[s['call'] for s in d['processes'][0]['sites']
    if s['function'] == 'run_child' and s['blocked_ns'] > 15e6]")
[ "$calls" != "[]" ] || fail "nothing waited in run_child"
call=$(json "$work/report.json" "$calls[0]")
is "$call" run_child line "$(line $main run_child)"
[[ $(site "$call" run_child via) == *subprocess.py:* ]] || fail "via $(site "$call" run_child via)"

# A package's own thread: the function through which it was entered.
is waitpid heartbeat module "'slowdb/connection.py'"
is waitpid heartbeat layer "'package'"

# The stack from the call to the module, each frame with its line.
stack=$(json "$work/report.json" "[[f['module'], f['line'], f['function'], f['owner']]
    for s in d['processes'][0]['sites'] if s['call'] == 'read' and s['function'] == 'Shop.load'
    for f in s['stack'] if f['language'] == 'python'][:4]")
query=$(grep -n 'self.receive()' $driver | cut -d: -f1) caller=$(grep -n 'shop.load(' $main | cut -d: -f1)
wanted="[['slowdb/connection.py', $(line $driver receive), 'Connection.receive', False], \
['slowdb/connection.py', $query, 'Connection.query', False], \
['shop/main.py', $(line $main Shop.load), 'Shop.load', True], \
['shop/main.py', $caller, 'main', False]]"
[ "$stack" = "$wanted" ] || fail "the stack is $stack"

# What a team lists: wrappers of its own, and a package that is the application.
read_report --wrappers 'python: shop/main.py:Shop.*,app: slowdb'
is read Connection.receive layer "'application'"
is clock_nanosleep main via "'shop/main.py:$(line $main Shop.pause) Shop.pause()'"
