# SPDX-License-Identifier: MIT
# The program, its children and what it lists see the environment as without us.
. "$(dirname "$0")/lib.bash"

same env
same bash -c 'env | sort; set | grep -E "^(LD_|SHUNT)"'
same /usr/bin/python3 -c 'import os, subprocess
print(sorted(os.environ.items()))
print(subprocess.run(["env"], capture_output=True, text=True).stdout)
print(os.popen("env").read())'
