# SPDX-License-Identifier: MIT
# A wrong command line is told in one sentence that says what to do, by every command.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

# says STATUS SENTENCE COMMAND...
says() {
  local status=$1 sentence=$2 got
  shift 2
  "$SHUNT" "$@" </dev/null >out 2>said
  got=$?
  [ $got -eq "$status" ] || fail "$*: status $got, not $status: $(cat said)"
  [ "$(cat said)" = "$sentence" ] || fail "$*: $(cat said)"
  [ ! -s out ] || fail "$*: printed $(cat out)"
}
for command in mark report site diff progress gate ps doctor calls off on "policy init" "policy check" \
  "policy explain" "policy diff" "policy compile" "policy apply" "policy status"; do
  says 2 "shunt $command: no option --frob; see \"shunt $command --help\"" $command --frob
  says 2 "shunt $command: no option -x; see \"shunt $command --help\"" $command -x
  says 2 "shunt $command: --help takes no value; see \"shunt $command --help\"" $command --help=me
done
for command in run compare; do
  says 125 "shunt $command: no option --frob; see \"shunt $command --help\"" $command --frob -- true
done
says 2 'shunt report: no option --jsno; did you mean --json?' report --jsno
says 2 'shunt report: --by needs a value; see "shunt report --help"' report --by
says 125 'shunt run: -o needs a value; see "shunt run --help"' run -o
says 2 'shunt policy compile: -o needs a value; see "shunt policy compile --help"' policy compile -o
says 2 'shunt: no command "polcy"; did you mean "shunt policy"?' polcy
says 2 'shunt policy: no subcommand "chek"; did you mean "check"?' policy chek
says 1 'shunt calls: fdatasinc is not intercepted; did you mean "fdatasync"?' calls fdatasinc
