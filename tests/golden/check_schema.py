# SPDX-License-Identifier: MIT
"""Validates the JSON reports of the sample traces against the schema.

check_schema.py SHUNT SAMPLE_TRACES SCHEMA
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


def main():
    shunt, samples, schema_path = sys.argv[1:]
    with open(schema_path) as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = 0
    with tempfile.TemporaryDirectory() as work:
        subprocess.run([samples, work], check=True)
        for name in ("server", "threads", "shell", "driver", "locks"):
            command = [shunt, "report", "--json", "--wrappers", "x*", f"{work}/{name}"]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for error in validator.iter_errors(json.loads(printed)):
                print(f"{name}: {list(error.absolute_path)}: {error.message}")
                failures += 1
    sys.exit(1 if failures else 0)


main()
