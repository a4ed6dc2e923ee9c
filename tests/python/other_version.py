# SPDX-License-Identifier: MIT
"""Copies of an interpreter that say of themselves that they are another version."""
import glob
import os
import re
import shutil
import subprocess

FINAL = 0xf0


def file_offset(elf, name):
    """Where in the file a symbol's value lies."""
    def said(*options):
        return subprocess.run(["readelf", "-W", *options, elf], stdout=subprocess.PIPE, check=True,
                              encoding="utf-8").stdout
    address = next(int(line.split()[1], 16) for line in said("--dyn-syms").splitlines()
                   if line.split()[-1:] == [name])
    for line in said("-l").splitlines():
        load = re.match(r"\s+LOAD\s+(0x\S+) (0x\S+) \S+ (0x\S+)", line)
        if load:
            offset, start, size = (int(number, 16) for number in load.groups())
            if start <= address < start + size:
                return offset + address - start
    raise ValueError(name)


def say_number(path, minor):
    """From 3.11 on: Py_Version."""
    with open(path, "r+b") as file:
        file.seek(file_offset(path, "Py_Version"))
        file.write((3 << 24 | minor << 16 | FINAL).to_bytes(8, "little"))


def say_text(path, minor):
    """Before: a text, which Py_GetVersion puts in front."""
    with open(path, "rb") as file:
        content = file.read()
    old = re.search(rb"3\.\d+\.\d+(?=\0)", content).group()
    new = b"3.%d.0" % minor
    if len(new) > len(old):
        raise ValueError(new)
    with open(path, "wb") as file:
        file.write(content.replace(old + b"\0", new.ljust(len(old) + 1, b"\0")))


def copy(python, version, minor, work):
    """(command, variables) of a copy of `python` in `work` that says it is 3.`minor`."""
    real = os.path.realpath(python)
    home = os.path.dirname(os.path.dirname(real))
    library = glob.glob(home + "/lib/libpython%d.%d.so.1.0" % version)
    original = library[0] if library and home != "/usr" else real
    target = os.path.join(work, os.path.basename(original))
    shutil.copy(original, target)
    (say_number if version >= (3, 11) else say_text)(target, minor)
    variables = {"PYTHONHOME": home}
    if original != real:
        variables["LD_LIBRARY_PATH"] = work
        target = real
    return target, variables
