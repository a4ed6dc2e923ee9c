# SPDX-License-Identifier: MIT
"""The CPythons of this machine: Debian's, and those that pyenv has built."""
import glob
import os


def interpreters():
    """Paths; Debian's first."""
    found = ["/usr/bin/python3"]
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found += sorted(glob.glob(root + "/versions/*/bin/python"))
    return [path for path in found if os.access(path, os.X_OK)]


def version_of(path):
    """(3, 11) from where it lies; asking it would be one start more."""
    real = os.path.realpath(path)
    digits = os.path.basename(real).removeprefix("python")
    major, _, minor = digits.partition(".")
    return int(major), int(minor or 0)
