# SPDX-License-Identifier: MIT
"""Validates what is printed as JSON about the sample traces against the schemas.

check_schema.py SHUNT SAMPLE_TRACES DIRECTORY_OF_SCHEMAS
"""

import json
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
    ("shunt.diff-1", ["diff", "--json", "before", "after"]),
    ("shunt.diff-1", ["diff", "--json", "server", "workers"]),
    ("shunt.diff-1", ["diff", "--json", "wsgi", "wsgi-threads"]),
    ("shunt.diff-1", ["diff", "--json", "shell", "shell", "shell", "--"] + ["shell"] * 3),
    ("shunt.compare-1", ["compare", "--json", "--in", "server", "--",
                         "sh", "-c", "echo $$; cat *.json; ln -s x y"]),
    ("shunt.compare-1", ["compare", "--json", "--tests", "list", "-n", "1", "--", "echo", "a pass"]),
]


def validator(directory, name):
    with open(f"{directory}/{name}.schema.json") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def main():
    shunt, samples, schemas = sys.argv[1:]
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([samples, work], check=True)
        for name, arguments in PRINTED:
            printed = subprocess.run([shunt, *arguments], check=True, capture_output=True,
                                     text=True, cwd=work).stdout
            for error in validator(schemas, name).iter_errors(json.loads(printed)):
                print(f"{' '.join(arguments)}: {list(error.absolute_path)}: {error.message}")
                failures += 1
    sys.exit(1 if failures else 0)


main()
