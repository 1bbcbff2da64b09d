"""Where the `evalrun` process begins: as good as nothing is imported before Ctrl-C ends it in one line.

The command itself is a quarter of a second of imports, and who types Ctrl-C by then has seen that the line is wrong.
"""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code: 128 and the number of SIGINT, as shells have it."""


def main() -> int:
    """Run the process's command line and return its exit code."""
    try:
        from .cli import main as run

        return run()
    except KeyboardInterrupt:  # while modules were imported; later ones are the command's
        print("evalrun: interrupted", file=sys.stderr)
        return INTERRUPTED
