# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.bash"

same_setup() { seq 60000 | awk '{ print ($1 * 7919) % 100003, $1 }' >"$1/numbers"; }
same sort -n numbers
same sort --parallel=2 -S 200K -T . -k2,2nr -o sorted numbers
same bash -c 'cut -d" " -f1 numbers | sort -u | sort -rn | head -20; sort --nonsense'
