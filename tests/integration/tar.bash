# SPDX-License-Identifier: MIT
. "$(dirname "$0")/lib.bash"

same_setup() {
  local i
  mkdir "$1/tree"
  for i in $(seq 50); do
    head -c $((i * 997)) /dev/zero | tr '\0' "\\$((60 + i % 10))" >"$1/tree/file.$i"
  done
  ln -s file.1 "$1/tree/link"
  find "$1/tree" -exec touch -hd @1700000000 {} +
}
same tar --sort=name -cvf out.tar tree
same bash -c 'tar --sort=name -czf - tree | tar -xzvf - -C /dev/shm --to-stdout | sha256sum'
same bash -c 'tar -cf a.tar tree && mkdir x && tar -xf a.tar -C x && diff -r tree x/tree &&
  touch -d @1700000000 x a.tar && rm a.tar'
same tar -xf missing.tar
