#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compare.py can fail: made-up runs with a difference are told from those without."""
import unittest

from compare import (DIFFERENT, FLAKY, ONCE, SAME, SUSPECT, judge, units_with)

PASS, FAIL = {"u": {"t": "pass"}}, {"u": {"t": "fail"}}
GONE = {"u": {"other": "pass"}}


def verdict(bare, observed, test="t"):
    return judge(bare, observed)["u", test]


class Judge(unittest.TestCase):
    def test_equal_runs_are_the_same(self):
        self.assertEqual(verdict([PASS, PASS], [PASS]), SAME)
        self.assertEqual(verdict([FAIL, FAIL], [FAIL]), SAME)

    def test_a_difference_is_repeated_first(self):
        self.assertEqual(verdict([PASS, PASS], [FAIL]), SUSPECT)
        self.assertEqual(units_with(judge([PASS, PASS], [FAIL]), SUSPECT), ["u"])

    def test_a_repeated_difference_is_believed(self):
        self.assertEqual(verdict([PASS] * 5, [FAIL] * 4), DIFFERENT)
        self.assertEqual(verdict([PASS] * 5, [FAIL, PASS, PASS, FAIL]), DIFFERENT)

    def test_a_test_that_only_passes_observed_is_a_difference(self):
        self.assertEqual(verdict([FAIL] * 5, [PASS] * 4), DIFFERENT)

    def test_a_difference_that_does_not_come_again(self):
        self.assertEqual(verdict([PASS] * 5, [FAIL, PASS, PASS, PASS]), ONCE)

    def test_bare_runs_that_disagree_say_nothing(self):
        self.assertEqual(verdict([PASS, FAIL], [FAIL]), FLAKY)
        self.assertEqual(verdict([PASS, PASS, FAIL], [FAIL, FAIL]), FLAKY)
        self.assertEqual(verdict([PASS, GONE], [PASS]), FLAKY)

    def test_a_test_that_is_gone_is_a_difference(self):
        self.assertEqual(verdict([PASS, PASS], [GONE]), SUSPECT)
        self.assertEqual(verdict([PASS] * 5, [GONE] * 4), DIFFERENT)

    def test_a_test_that_appears_is_a_difference(self):
        both = {"u": {"t": "pass", "new": "pass"}}
        self.assertEqual(verdict([PASS, PASS], [both], "new"), SUSPECT)

    def test_a_unit_without_an_observed_run_is_no_success(self):
        self.assertEqual(verdict([PASS, PASS], []), SUSPECT)
        self.assertEqual(verdict([PASS, PASS], [{"v": {"t": "pass"}}]), SUSPECT)

    def test_repetitions_leave_other_units_alone(self):
        first = {"u": {"t": "pass"}, "v": {"t": "fail"}}
        bare = [{"u": {"t": "pass"}, "v": {"t": "pass"}}] * 2 + [{"v": {"t": "pass"}}] * 3
        verdicts = judge(bare, [first] + [{"v": {"t": "fail"}}] * 3)
        self.assertEqual(verdicts["u", "t"], SAME)
        self.assertEqual(verdicts["v", "t"], DIFFERENT)


if __name__ == "__main__":
    unittest.main()
