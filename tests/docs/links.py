#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every relative link of a document leads to something, headings included.

links.py ROOT DOCUMENT..."""
import os
import re
import sys

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)\)")
root, documents = sys.argv[1], sys.argv[2:]
faults = []


def without_code(text):
    """Blocks and spans of code hold no links; lines stay where they are."""
    text = re.sub(r"^```.*?^```$", lambda block: "\n" * block.group().count("\n"), text,
                  flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    with open(path, encoding="utf-8") as file:
        headings = re.findall(r"^#+ (.*)$", file.read(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


for document in documents:
    with open(document, encoding="utf-8") as file:
        text = without_code(file.read())
    for link in LINK.finditer(text):
        target = link.group(1) or link.group(2)
        if re.match(r"[a-z]+:", target):
            continue
        line = text.count("\n", 0, link.start()) + 1
        name, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(document), name)) if name else document
        if os.path.relpath(path, root).startswith(".."):
            faults.append(f"{document}:{line}: {target} leads out of the project")
        elif not os.path.exists(path):
            faults.append(f"{document}:{line}: {target} does not exist")
        elif anchor and path.endswith(".md") and anchor not in anchors(path):
            faults.append(f"{document}:{line}: {target}: there is no such heading")

print("\n".join(faults) or f"{len(documents)} documents")
sys.exit(bool(faults))
