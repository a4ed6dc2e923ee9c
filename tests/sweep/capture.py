# SPDX-License-Identifier: MIT
"""What one run of a program left: output, errors, exit status, files; and how captures compare.

Captures are held against each other part by part. A part in which bare runs already differ is
compared under the first of these rules under which they agree:

  exact     as it is
  numbers   runs of digits and hexadecimal addresses count as one and the same
  sorted    the same, lines in any order
  presence  that it is there (files: with type and mode); its content says nothing

The rule that a part needed is shown, so that nothing is left out in silence.
"""
import os
import re
import stat

NUMBER = re.compile(rb"0x[0-9a-f]+|\d+")


def numbers(content):
    return NUMBER.sub(b"N", content)


def lines_sorted(content):
    return b"\n".join(sorted(numbers(content).split(b"\n")))


RULES = [("exact", lambda content: content), ("numbers", numbers), ("sorted", lines_sorted),
         ("presence", lambda content: content is not None)]


def tree(top):
    """{path: (type and mode, content)} of everything below top."""
    found = {}
    for place, directories, files in os.walk(top):
        for name in directories + files:
            path = os.path.join(place, name)
            info = os.lstat(path)
            content = b""
            if stat.S_ISLNK(info.st_mode):
                content = os.readlink(path).encode()
            elif stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[os.path.relpath(path, top)] = (f"{info.st_mode:o}".encode(), content)
    return found


def parts(status, out, err, files):
    """The capture: {part: bytes}; a part that is not there is None elsewhere."""
    capture = {"status": str(status).encode(), "stdout": out, "stderr": err}
    for path, (mode, content) in files.items():
        capture["mode of " + path] = mode
        capture["file " + path] = content
    return capture


def rule_for(contents):
    """(name, function) of the first rule under which all are the same; None if there is none."""
    for name, rule in RULES:
        if name != "presence" and None in contents:
            continue
        if len({rule(content) for content in contents}) == 1:
            return name, rule
    return None


def compare(bare, observed):
    """({part: rule} of parts that needed one, {part} in which the observed capture differs).
    A part in which bare runs agree under no rule (a file that some wrote) is `unstable`."""
    needed, differing = {}, set()
    for part in sorted({part for capture in bare + [observed] for part in capture}):
        contents = [capture.get(part) for capture in bare]
        if len(set(contents)) == 1:
            if observed.get(part) != contents[0]:
                differing.add(part)
            continue
        name, rule = rule_for(contents) or ("unstable", None)
        needed[part] = name
        if rule and (observed.get(part) is None or rule(observed[part]) != rule(contents[0])):
            differing.add(part)
    return needed, differing
