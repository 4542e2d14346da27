#!/usr/bin/env python3
"""Compares `lint` with squawk on the same SQL for PostgreSQL: what each finds, misses, and reports without need.

    tests/squawk/compare.py [DATABASE_URL PROGRAM]

DATABASE_URL is a PostgreSQL database whose role may create others, and PROGRAM the program `scripted-migration`. Without
them, a local server is started as `just db postgres up` does, and the program is built. squawk is installed from PyPI
into target/tools/squawk. Needs `psql`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).with_name("corpus.sql")
TOOLS = ROOT / "target" / "tools" / "squawk"

# Rules of squawk about style, and those that ask for a setting or a spelling of every statement. A user of squawk who
# wants to hear of dangers alone excludes them.
STYLE = {
    "prefer-big-int", "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity",
    "prefer-robust-stmts", "prefer-text-field", "prefer-timestamptz", "prefer-timestamp-tz", "ban-char-field", "require-timeout-settings",
    "require-lock-timeout", "require-statement-timeout", "require-table-schema", "require-enum-value-ordering",
    "ban-create-domain-with-constraint",
}


def cases():
    """The statements before all, and each change with its truth."""
    setup, *changes = re.split(r"^-- (?=(?:dangerous|harmless))", CORPUS.read_text(), flags=re.M)
    found = []
    for change in changes:
        head, sql = change.split("\n", 1)
        truth, reason = head.split(": ", 1)
        words = truth.split(", ")
        found.append((words[0] == "dangerous", "outside" in words, reason, sql.strip()))
    return statements(setup), found


def statements(text):
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def built():
    """The URL of a local server, and the program."""
    programs = ["--workspace", "--locked", "--bin", "db", "--bin", "scripted-migration"]
    subprocess.run(["cargo", "build", "--quiet", *programs], check=True, cwd=ROOT)
    metadata = run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT).stdout
    folder = Path(json.loads(metadata)["target_directory"]) / "debug"
    server = run([str(folder / "db"), "postgres", "up"], cwd=ROOT).stdout.strip()
    return server.removeprefix("DATABASE_URL="), folder / "scripted-migration"


def squawk_program():
    program = TOOLS / "bin" / "squawk"
    if not program.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS), "squawk-cli"]
        subprocess.run(pip, check=True)
    return program


def squawk(program, sql, outside, version, folder):
    file = Path(folder) / "change.sql"
    file.write_text(sql + "\n")
    command = [program, "--reporter", "json", "--pg-version", version]
    output = run(command + ([] if outside else ["--assume-in-transaction"]) + [str(file)])
    try:
        return {finding["rule_name"] for finding in json.loads(output.stdout or "[]")}
    except (json.JSONDecodeError, KeyError):
        sys.exit(f"squawk: {output.stdout}{output.stderr}")


def lint(program, url, setup, sql, outside, folder):
    text = lambda statement: {"text": statement}
    change = {"up": [text(statement) for statement in statements(sql)]}
    if outside:
        change["use_transaction"] = False
    actions = Path(folder) / "actions.json"
    actions.write_text(json.dumps({"l1": {"up": [text(statement) for statement in setup]}, "l2": change}))
    environment = {**os.environ, "DATABASE_URL": url, "SCRIPTED_ACTIONS": str(actions), "SCRIPTED_OUTPUT": os.devnull}
    output = run([program, "lint", "l2:l2", "--format", "json"], env=environment, cwd=folder)
    if output.returncode not in (0, 9, 10):
        sys.exit(f"lint: {sql}: {output.stdout}{output.stderr}")
    [measured] = json.loads(output.stdout)
    unknown = [measured["unknown"], *measured["unknown_rows"], *(own["unknown"] for own in measured["statements"])]
    return {finding["rule"] for finding in measured["findings"]}, [reason for reason in unknown if reason]


class Count:
    def __init__(self, name):
        self.name, self.found, self.missed, self.false, self.silent, self.unknown = name, 0, [], [], 0, []

    def add(self, case, rules, unknown=()):
        is_dangerous, _, reason, sql = case
        shown = f"{' '.join(sql.split())}  ({reason})"
        if rules and is_dangerous:
            self.found += 1
        elif rules:
            self.false.append(f"{shown}: {', '.join(sorted(rules))}")
        elif unknown:
            self.unknown.append(f"{shown}: {'; '.join(unknown)}")
        elif is_dangerous:
            self.missed.append(shown)
        else:
            self.silent += 1

    def line(self):
        numbers = (self.found, len(self.missed), len(self.false), self.silent, len(self.unknown))
        return f"{self.name:38}" + "".join(f"{number:>9}" for number in numbers)

    def details(self):
        for title, lines in (("missed", self.missed), ("false", self.false), ("unknown", self.unknown)):
            for line in lines:
                print(f"{self.name}: {title}: {line}")


def main():
    if len(sys.argv) not in (1, 3):
        sys.exit(__doc__)
    url, program = sys.argv[1:] or built()
    program = str(Path(program).resolve())
    setup, changes = cases()
    tool = squawk_program()
    server = run(["psql", url, "-Atc", "SHOW server_version"]).stdout.split()[:1] or sys.exit("psql cannot connect")
    server = server[0]
    all_rules, dangers, own = Count("squawk, all default rules"), Count("squawk, without style"), Count("seachange lint")
    with tempfile.TemporaryDirectory() as folder:
        for case in changes:
            _, outside, _, sql = case
            found = squawk(tool, sql, outside, server, folder)
            all_rules.add(case, found)
            dangers.add(case, found - STYLE)
            own.add(case, *lint(program, url, setup, sql, outside, folder))
    dangerous = sum(1 for case in changes if case[0])
    versions = [run([tool, "--version"]).stdout.strip(), run([program, "--version"]).stdout.strip()]
    print(f"{len(changes)} changes, {dangerous} dangerous, {len(changes) - dangerous} harmless")
    print(f"{', '.join(versions)}, PostgreSQL {server}")
    print(f"{'':38}" + "".join(f"{word:>9}" for word in ("found", "missed", "false", "silent", "unknown")))
    for count in (all_rules, dangers, own):
        print(count.line())
    print()
    dangers.details()
    own.details()


if __name__ == "__main__":
    main()
