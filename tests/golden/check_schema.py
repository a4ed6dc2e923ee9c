# SPDX-License-Identifier: MIT
"""Validates what is printed as JSON about the sample traces against the schemas.

check_schema.py SHUNT SAMPLE_TRACES DIRECTORY_OF_SCHEMAS
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


# what prints JSON, and the schema it promises
PRINTED = [
    ("shunt.report-1", ["report", "--json", "server"]),
    ("shunt.report-1", ["report", "--json", "threads"]),
    ("shunt.report-1", ["report", "--json", "shell"]),
    ("shunt.report-1", ["report", "--json", "--wrappers", "x*", "driver"]),
    ("shunt.report-1", ["report", "--json", "locks"]),
    ("shunt.report-1", ["report", "--json", "wsgi"]),
    ("shunt.report-1", ["report", "--json", "--goal", "threads", "wsgi"]),
    ("shunt.site-detail-1", ["site", "--json", "b20a", "server"]),
    ("shunt.site-detail-1", ["site", "--json", "309a", "shell"]),
    ("shunt.site-detail-1", ["site", "--json", "04ce", "wsgi"]),
    ("shunt.site-detail-1", ["report", "--site", "cee2", "--json", "cooperative"]),
    ("shunt.diff-1", ["diff", "--json", "before", "after"]),
    ("shunt.diff-1", ["diff", "--json", "server", "workers"]),
    ("shunt.diff-1", ["diff", "--json", "wsgi", "wsgi-threads"]),
    ("shunt.diff-1", ["diff", "--json", "shell", "shell", "shell", "--"] + ["shell"] * 3),
    ("shunt.compare-1", ["compare", "--json", "--in", "server", "--",
                         "sh", "-c", "echo $$; cat *.json; ln -s x y"]),
    ("shunt.compare-1", ["compare", "--json", "--tests", "list", "-n", "1", "--", "echo", "a pass"]),
    ("shunt.progress-1", ["progress", "--json", "--policy", "plan.yaml", "before", "after"]),
    ("shunt.gate-1", ["gate", "--json", "--baseline", "baseline.json", "before"]),
    ("shunt.gate-1", ["gate", "--json", "--baseline", "baseline.json", "--policy", "plan.yaml",
                      "server", "locks"]),
]


def validator(directory, name):
    """One schema may refer to another by the name of its file."""
    path = pathlib.Path(directory, f"{name}.schema.json").resolve()
    schema = json.loads(path.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(
        schema, resolver=jsonschema.RefResolver(path.as_uri(), schema))


def main():
    shunt, samples, schemas = sys.argv[1:]
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([samples, work], check=True)
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "plan.yaml"), work)
        subprocess.run([shunt, "gate", "--write-baseline", "baseline.json", "before"], check=True,
                       cwd=work, capture_output=True)
        with open(os.path.join(work, "baseline.json")) as file:
            validator(schemas, "shunt.baseline-1").validate(json.load(file))
        for name, arguments in PRINTED:
            done = subprocess.run([shunt, *arguments], check=False, capture_output=True, text=True,
                                  cwd=work)
            if done.returncode not in ((0, 1) if arguments[0] == "gate" else (0,)):
                sys.exit(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stderr}")
            printed = done.stdout
            for error in validator(schemas, name).iter_errors(json.loads(printed)):
                print(f"{' '.join(arguments)}: {list(error.absolute_path)}: {error.message}")
                failures += 1
    sys.exit(1 if failures else 0)


main()
