#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""capture.py can fail: made-up differences are told, and only what bare runs differ in is let pass."""
import unittest

from capture import compare, parts


def run(out=b"", err=b"", status=0, **files):
    return parts(status, out, err, {name: (b"100644", content) for name, content in files.items()})


class Compare(unittest.TestCase):
    def differing(self, bare, observed):
        return compare(bare, observed)[1]

    def test_equal(self):
        one = run(b"a", b"b", 3, f=b"c")
        self.assertEqual(compare([one, one], one), ({}, set()))

    def test_each_part_is_looked_at(self):
        one = run(b"a", b"b", 3, f=b"c")
        for other, part in ((run(b"x", b"b", 3, f=b"c"), "stdout"), (run(b"a", b"x", 3, f=b"c"), "stderr"),
                            (run(b"a", b"b", -15, f=b"c"), "status"), (run(b"a", b"b", 3, f=b"x"), "file f")):
            self.assertEqual(self.differing([one, one], other), {part})

    def test_files_that_come_or_go(self):
        one, two = run(f=b"c"), run()
        self.assertEqual(self.differing([one, one], two), {"file f", "mode of f"})
        self.assertEqual(self.differing([two, two], one), {"file f", "mode of f"})

    def test_numbers_matter_where_bare_runs_agree(self):
        self.assertEqual(self.differing([run(b"n 1")] * 2, run(b"n 2")), {"stdout"})

    def test_numbers_in_which_bare_runs_differ(self):
        bare = [run(b"pid 12"), run(b"pid 345")]
        self.assertEqual(compare(bare, run(b"pid 6")), ({"stdout": "numbers"}, set()))
        self.assertEqual(self.differing(bare, run(b"pit 6")), {"stdout"})

    def test_order_in_which_bare_runs_differ(self):
        bare = [run(b"a\nb\n"), run(b"b\na\n")]
        self.assertEqual(compare(bare, run(b"a\nb\n")), ({"stdout": "sorted"}, set()))
        self.assertEqual(self.differing(bare, run(b"a\na\n")), {"stdout"})

    def test_content_that_never_agrees_must_still_be_there(self):
        bare = [run(f=b"xy"), run(f=b"zz")]
        self.assertEqual(compare(bare, run(f=b"q")), ({"file f": "presence"}, set()))
        self.assertEqual(self.differing(bare, run()), {"file f", "mode of f"})

    def test_a_file_that_only_some_bare_runs_write(self):
        self.assertEqual(compare([run(f=b"x"), run()], run())[1], set())


if __name__ == "__main__":
    unittest.main()
