# SPDX-License-Identifier: MIT
"""scripts/bench policy: instructions that one call takes under a policy, counted step by step in the
process (tests/bench/steps.c), so that a busy machine changes nothing. What a chain decides is found
once, so that 1,000 rules cost a call what one does; what the moment decides is asked in each call,
and has a budget."""
import os
import subprocess

RULE = """  - id: {id}
    match: {{ call: {call}, module: steps, function: {function}{more} }}
    route: {route}
"""


def rule(more="", route="inplace", call="pread", function="call_once", name="one"):
    return RULE.format(id=name, call=call, function=function, more=more, route=route)


def share(by):
    return rule(route=f"deny\n    deny: log\n    rollout: 50%\n    rollout_by: {by}")


MANY = "".join(rule(call="[pread, read]", function=f"other_{i}", route="pool", name=f"other-{i}")
               for i in range(999))

# What -> (rules, what it is compared with, instructions that it may take more)
ROWS = {
    "observed, no policy": (None, None, None),
    "no rule names the call": (rule(call="read"), "observed, no policy", 500),
    "one rule, inplace": (rule(), "observed, no policy", 750),
    "1,000 rules, the last takes it": (MANY + rule(), "one rule, inplace", 0),
    "role": (rule(", role: thread") + rule(name="two"), "one rule, inplace", 150),
    "fd, another one": (rule(', fd: "tcp:*:*"') + rule(name="two"), "one rule, inplace", 350),
    "fd, its own": (rule(', fd: "file:/dev/zero"'), "one rule, inplace", 350),
    "rollout by time": (share("time"), "denied, only counted", 150),
    "rollout by thread": (share("thread"), "denied, only counted", 150),
    "rollout by fd": (share("fd"), "denied, only counted", 150),
    "denied, only counted": (rule(route="deny\n    deny: log"), "one rule, inplace", 250),
    "denied": (rule(route="deny"), "one rule, inplace", 450),
    "bulkhead": (rule(route="inplace\n    bulkhead: { max: 64, over: deny }"),
                 "one rule, inplace", 250),
}


class PolicyBench:
    def __init__(self, bench, root, run):
        self.bench, self.run_command = bench, run
        self.program = os.path.join(bench.work, "steps")
        run(["cc", "-std=gnu11", "-O2", "-g", "-D_GNU_SOURCE",
             os.path.join(root, "tests/bench/steps.c"), "-o", self.program])

    def count(self, rules):
        """Stepped through a call is slow: it must not count as blocked."""
        options = ["--threshold", "100s", "--no-completeness"]
        if rules:
            path = os.path.join(self.bench.work, "policy.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("version: 1\nrules:\n" + rules)
            options += ["--policy", path]
        command, _ = self.bench.observed([self.program], *options)
        return int(self.run_command(command, stderr=subprocess.DEVNULL))


def main(bench, root, run):
    """0, or 1 when a budget is exceeded."""
    policy_bench, counts, over = PolicyBench(bench, root, run), {}, 0
    for what, (rules, _, _) in ROWS.items():
        counts[what] = policy_bench.count(rules)
    print(f"{'instructions of one pread':<34}{'all':>7}{'more':>7}{'budget':>8}")
    for what, (_, base, budget) in ROWS.items():
        line = f"{what:<34}{counts[what]:>7}"
        if base:
            more = counts[what] - counts[base]
            over += more > budget
            line += f"{more:>7}{budget:>8}  {'OVER' if more > budget else 'PASS'}  than {base}"
        print(line)
    return 1 if over else 0
