"""One byte of an evolved suite is altered at random, again and again: `verify` must find it and name the task.

Each trial takes one evolved task with what it descends from, changes one byte of its row in tasks.jsonl, of its
certificate, or of an ancestor's row or certificate, takes the suite's seal off (as a forger would), reads the folder
and verifies it. Run by hand:

    evalrun evolve HumanEval.jsonl.gz --operators all -o suites/he-all
    python tests/speed/robustness_alterations.py suites/he-all --trials 200

Prints how each alteration was found. Exit code 1 when one was not.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from evalrun.benchmarks import BadInput, CodeTask, Suite
from evalrun.evolvers.verify import verify
from evalrun.harness.sandbox import Sandbox, open_sandbox

FILES = ("tasks.jsonl", "certificates.jsonl", "ancestors.jsonl")
_FREE = ("python", "sandbox", "metadata")  # where a certificate was made; what is kept for a foreign format


def part_of(suite: Suite, task: CodeTask) -> Suite:
    """One task with its certificate, all roots, and the evolved tasks that it descends from."""
    known = {each.id: each for each in suite.ancestors}
    wanted = {each.id: each for each in suite.ancestors if each.lineage is None}
    queue = list(task.lineage.parents) if task.lineage is not None else []
    while queue:
        found = known[queue.pop()]
        if found.id not in wanted:
            wanted[found.id] = found
            queue += found.lineage.parents if found.lineage is not None else ()
    kept = {task.id, *wanted}
    certificates = {name: value for name, value in suite.certificates.items() if name in kept}
    return replace(suite, tasks=(task,), ancestors=tuple(wanted.values()), certificates=certificates, evolution={})


def altered(folder: Path, task: CodeTask, rng: random.Random) -> str:
    """Change one byte; the words say which. Of ancestors only those that the task descends from count."""
    file = rng.choice(FILES)
    rows = (folder / file).read_text().splitlines()
    parents = set(task.lineage.parents) if task.lineage is not None else set()
    mine = [place for place, row in enumerate(rows) if file != "ancestors.jsonl" or json.loads(row)["id"] in parents]
    place = rng.choice(mine)
    row = rows[place]
    while True:
        at = rng.randrange(len(row))
        new = rng.choice([each for each in string.printable[:94] if each != row[at]])
        changed = row[:at] + new + row[at + 1 :]
        if not _says_the_same(row, changed):
            break
    rows[place] = changed
    (folder / file).write_text("\n".join(rows) + "\n")
    manifest = json.loads((folder / "suite.json").read_text())
    manifest.pop("merkle_root", None)
    (folder / "suite.json").write_text(json.dumps(manifest))
    return f"{file}: ...{row[max(0, at - 30) : at + 30]}... with {new!r}"


def _says_the_same(old: str, new: str) -> bool:
    """Whether two rows say the same but for what may differ."""
    try:
        before, after = json.loads(old), json.loads(new)
    except ValueError:
        return False
    for each in (before, after):
        for name in _FREE if isinstance(each, dict) else ():
            each.pop(name, None)
    return bool(before == after)


def found_by(folder: Path, task: CodeTask, sandbox: Sandbox) -> str:
    """How an alteration was found; "" where it was not."""
    try:
        suite = Suite.load(folder)
        failures = verify(suite, sandbox)
    except BadInput:
        return "the folder is refused"
    known = {task.id, *(task.lineage.parents if task.lineage is not None else ())}
    if any(failure.task in known for failure in failures):
        return "verify names the task"
    return "verify names another task" if failures else ""


def main() -> int:
    """Alter and verify."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sandbox", default="auto")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    suite = Suite.load(given.suite)
    evolved = [task for task in suite if task.lineage is not None]
    counts: Counter[str] = Counter()
    with open_sandbox(given.sandbox, workers=2) as sandbox, tempfile.TemporaryDirectory() as scratch:
        for trial in range(given.trials):
            task, folder = rng.choice(evolved), Path(scratch) / str(trial)
            part_of(suite, task).save(folder)
            what = altered(folder, task, rng)
            how = found_by(folder, task, sandbox)
            counts[how or "NOT FOUND"] += 1
            if not how:
                print(f"NOT FOUND: {task.id}: {what}")
    print(", ".join(f"{how}: {number}" for how, number in counts.most_common()))
    return int(bool(counts["NOT FOUND"]))


if __name__ == "__main__":
    sys.exit(main())
