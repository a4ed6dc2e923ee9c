# SPDX-License-Identifier: MIT
# Signals reach the program once: those sent to us alone, to the group, and by the terminal.
. "$(dirname "$0")/lib.bash"
/usr/bin/python3 "$(dirname "$0")/signals.py" "$SHUNT" "$work"
