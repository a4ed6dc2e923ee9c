#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Man pages and --help say the same: every option of one is in the other, and each command has a
page. mandoc finds no fault with the pages, where it is installed.

man_pages.py SHUNT DIRECTORY_OF_PAGES"""
import os
import re
import shutil
import subprocess
import sys

shunt, pages = sys.argv[1:]
faults = []


def help_of(*words):
    return subprocess.run([shunt, *words, "--help"], check=True, capture_output=True,
                          text=True).stdout


def whole_help_of(command):
    """Its own help, and that of its subcommands, which its list begins with: "  check FILE   ..."."""
    text = help_of(command)
    if "SUBCOMMAND" in text.splitlines()[0]:
        text += "".join(help_of(command, word) for word in re.findall(r"^  ([a-z]+) [^:\n]*  ", text, re.M))
    return text


def options_of_help(text):
    """The options that begin a line: "  -o, --output DIR   ..."."""
    found = set()
    for line in text.splitlines():
        if re.match(r"  -", line):
            words = re.split(r"  +", line.strip())[0]
            found |= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", words))
    return found


def options_of_page(text, macro):
    """Those of `.It Fl o , -output Ar DIR` or `.Op Fl -json`."""
    found = set()
    for line in re.findall(rf"^\.{macro} Fl (.*)$", text, re.M):
        for word in line.split(" Ar ")[0].split():
            if re.fullmatch(r"-?[a-z][a-z-]*", word):
                found.add("-" + word)
    return found


def compare(name, ours, theirs, what):
    for option in sorted(ours - theirs):
        faults.append(f"{name}: {option} is in {what[0]} and not in {what[1]}")
    for option in sorted(theirs - ours):
        faults.append(f"{name}: {option} is in {what[1]} and not in {what[0]}")


commands = re.findall(r"^  (\w+) {2,}\S", help_of().split("begin with")[0], re.M)
names = ["shunt"] + [f"shunt-{command}" for command in commands]
present = {file[:-2] for file in os.listdir(pages) if file.endswith(".1")}
for name in sorted(set(names) ^ present):
    faults.append(f"{name}: a command without a page, or a page without a command")

for command in commands:
    faults += [f"shunt {command} --help is wider than 80 columns: {line}"
               for line in whole_help_of(command).splitlines() if len(line) > 80]
    page = os.path.join(pages, f"shunt-{command}.1")
    if not os.path.exists(page):
        continue
    with open(page, encoding="utf-8") as file:
        text = file.read()
    listed = options_of_page(text, "It")
    compare(command, options_of_help(whole_help_of(command)), listed, ("--help", "the man page"))
    long_of_short = {"--output"}  # the synopsis has its short form
    compare(command, listed - long_of_short - {"--help"}, options_of_page(text, "Op"),
            ("the list of options", "the synopsis"))

if shutil.which("mandoc"):
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"]
                          + sorted(os.path.join(pages, f"{name}.1") for name in present),
                          capture_output=True, text=True, check=False)
    faults += lint.stdout.splitlines()
else:
    print("mandoc is not installed: the pages' markup was not checked")

print("\n".join(faults))
sys.exit(bool(faults))
