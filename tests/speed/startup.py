"""CPU that the command takes to say what it can do, beside an interpreter that does nothing.

    python tests/speed/startup.py [--rounds 15]

Prints the median of user and system CPU of each, and its ratio to `python -c pass`. Exit code 1 where `evalrun --help`
takes 0.15 s or more, or `evalrun run --help` 0.25 s or more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

EVALRUN = str(Path(sys.executable).with_name("evalrun"))
CONTENDERS = {
    "python -c pass": ([sys.executable, "-c", "pass"], None),
    "evalrun --help": ([EVALRUN, "--help"], 0.15),
    "evalrun run --help": ([EVALRUN, "run", "--help"], 0.25),
}


def cpu_s(command: list[str]) -> float:
    """User and system CPU seconds of one process."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed")
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure in interleaved rounds and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    found: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name, (command, _) in CONTENDERS.items():
            found[name].append(cpu_s(command))
    bare = statistics.median(found["python -c pass"])
    slow = False
    for name, (_, most) in CONTENDERS.items():
        median = statistics.median(found[name])
        slow = slow or (most is not None and median >= most)
        print(f"{name:<20} {median * 1000:7.1f} ms CPU  {median / bare:5.1f} x  (limit {most or '-'})")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
