# SPDX-License-Identifier: MIT
# A program that starts static, musl and setuid children: they run as bare, nothing complains.
. "$(dirname "$0")/lib.bash"

export PROGRAMS
same bash -c '"$PROGRAMS"/hello_static; "$PROGRAMS"/hello_static_pie
  if [ -e "$PROGRAMS/hello_musl" ]; then "$PROGRAMS"/hello_musl; fi; echo $?'
same /usr/bin/python3 -c 'import os, subprocess
for name in ("hello", "hello_static", "hello_static_pie", "hello_musl"):
    path = os.path.join(os.environ["PROGRAMS"], name)
    if os.path.exists(path):
        print(name, subprocess.run([path], capture_output=True))
        print(os.system(path), os.popen(path).read(),
              os.waitpid(os.posix_spawn(path, [path], os.environ), 0)[1])'
