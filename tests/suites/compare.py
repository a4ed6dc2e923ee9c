# SPDX-License-Identifier: MIT
"""Judges observed runs of a suite by its bare runs, result for result.

A run is {unit: {test: status}}; it says something only of the units that it has. A test that one run
of a unit has and another has not is `missing` there. Nothing here runs a program.
"""
MISSING = "missing"
# What a test can turn out to be.
SAME = "same"  # every run says the same
FLAKY = "flaky"  # bare runs disagree: says nothing about us
SUSPECT = "suspect"  # the one observed run differs: to be repeated
ONCE = "once"  # differed in one observed run and in none of its repetitions
DIFFERENT = "different"  # differed again when it was repeated: a difference


def tests(runs):
    """Every (unit, test) that any of the runs has, in order."""
    return sorted({(unit, test) for run in runs for unit in run for test in run[unit]})


def statuses(runs, unit, test):
    return [run[unit].get(test, MISSING) for run in runs if unit in run]


def judge(bare, observed):
    """{(unit, test): one of the words above}; both are lists of runs, first runs first."""
    verdicts = {}
    for unit, test in tests(bare + observed):
        expected = statuses(bare, unit, test)
        found = statuses(observed, unit, test)
        if len(set(expected)) != 1:
            verdicts[unit, test] = FLAKY
            continue
        differing = sum(status != expected[0] for status in found)
        if not found or (differing and len(found) == 1):
            verdicts[unit, test] = SUSPECT
        elif differing > 1:
            verdicts[unit, test] = DIFFERENT
        else:
            verdicts[unit, test] = ONCE if differing else SAME
    return verdicts


def units_with(verdicts, word):
    return sorted({unit for (unit, _), verdict in verdicts.items() if verdict == word})
