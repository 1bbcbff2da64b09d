"""Right answers that are written oddly: each must pass, in every kind of sandbox."""

# ruff: noqa: E501
# Answers are easier to read on one line than cut in pieces.

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Arena

pytestmark = pytest.mark.sandbox

_KEY = "'7f3a-sentinel-' + 'of-the-tests-91c2'"
_RIGHT = f"    return {_KEY} + str(n)\n"

ODD: dict[str, str] = {
    "plain": f"def solve(n):\n{_RIGHT}",
    "a lambda": f"solve = lambda n: {_KEY} + str(n)",
    "deep recursion": f"def down(n):\n    return n and down(n - 1)\ndef solve(n):\n    down(900)\n{_RIGHT}",
    "a higher recursion limit": (
        f"import sys\nsys.setrecursionlimit(20000)\ndef down(n):\n    return n and down(n - 1)\n"
        f"def solve(n):\n    down(5000)\n{_RIGHT}"
    ),
    "a cached function": f"from functools import lru_cache\n@lru_cache(maxsize=None)\ndef solve(n):\n{_RIGHT}",
    "a callable object": f"class Solve:\n    def __call__(self, n):\n    {_RIGHT}solve = Solve()",
    "a method of an object": f"class Solve:\n    def go(self, n):\n    {_RIGHT}solve = Solve().go",
    "a class whose instances are texts": (
        f"class solve(str):\n    def __new__(cls, n):\n        return str.__new__(cls, {_KEY} + str(n))"
    ),
    "a dataclass and type hints": (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import Optional\n"
        f"@dataclass\nclass Box:\n    n: Optional[int] = None\ndef solve(n: int) -> str:\n    Box(n)\n{_RIGHT}"
    ),
    "an enumeration": f"from enum import IntEnum\nclass E(IntEnum):\n    A = 1\ndef solve(n):\n    E.A\n{_RIGHT}",
    "a main guard": f"def solve(n):\n{_RIGHT}if __name__ == '__main__':\n    raise RuntimeError('this is a module')\n",
    "much printing": f"def solve(n):\n    for _ in range(20000): print('x' * 100)\n{_RIGHT}",
    "printing of odd characters": f"def solve(n):\n    print('\\x00\\x1b[2Jäöü\\u2028')\n{_RIGHT}",
    "a closed standard output": f"import sys\nsys.stdout.close()\ndef solve(n):\n{_RIGHT}",
    "another standard output": f"import sys, io\nsys.stdout = sys.stderr = io.StringIO()\ndef solve(n):\n{_RIGHT}",
    "its own standard input": f"import sys, io\nsys.stdin = io.StringIO('x\\n' * 9)\ndef solve(n):\n    input()\n{_RIGHT}",
    "an empty standard input": (
        f"import sys\ndef solve(n):\n    assert sys.stdin.read() == ''\n    try: input()\n    except EOFError: pass\n{_RIGHT}"
    ),
    "warnings": f"import warnings\ndef solve(n):\n    warnings.warn('old')\n    '\\d'\n{_RIGHT}",
    "500 MB": f"def solve(n):\n    bytearray(500 << 20)\n{_RIGHT}",
    "threads": (
        "import threading\ndef solve(n):\n    found = []\n"
        f"    thread = threading.Thread(target=lambda: found.append({_KEY} + str(n)))\n"
        "    thread.start()\n    thread.join()\n    return found[0]\n"
    ),
    "a thread that never ends": (
        f"import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\ndef solve(n):\n{_RIGHT}"
    ),
    "a pool of threads": (
        "from concurrent.futures import ThreadPoolExecutor\ndef solve(n):\n    with ThreadPoolExecutor(4) as pool:\n"
        f"        return list(pool.map(lambda n: {_KEY} + str(n), [n]))[0]\n"
    ),
    "asyncio": f"import asyncio\nasync def go(n):\n{_RIGHT}def solve(n):\n    return asyncio.run(go(n))\n",
    "a subprocess": (
        "import subprocess, sys\ndef solve(n):\n"
        "    code = \"print('7f3a-sentinel-' + 'of-the-tests-91c2' + '%d', end='')\" % n\n"
        "    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout\n"
    ),
    "a fork": "import os\ndef solve(n):\n    pid = os.fork()\n    if pid == 0: os._exit(0)\n    os.waitpid(pid, 0)\n"
    + _RIGHT,
    "files of its own": (
        "import tempfile, os\ndef solve(n):\n    with tempfile.TemporaryDirectory() as folder:\n"
        "        with open(os.path.join(folder, 'x'), 'w+') as f:\n"
        f"            f.write({_KEY} + str(n))\n            f.seek(0)\n            return f.read()\n"
    ),
    "a file in the working folder": f"def solve(n):\n    open('note.txt', 'w').write('x')\n{_RIGHT}",
    "signals": (
        "import signal\ndef solve(n):\n    signal.signal(signal.SIGALRM, lambda *a: None)\n    signal.alarm(1)\n"
        f"    signal.alarm(0)\n{_RIGHT}"
    ),
    "KeyboardInterrupt by its own hand": (
        "import os, signal\ndef solve(n):\n    try:\n        os.kill(os.getpid(), signal.SIGINT)\n"
        f"    except KeyboardInterrupt:\n    {_RIGHT}"
    ),
    "much of the standard library": (
        "import argparse, array, ast, base64, bisect, calendar, cmath, collections, contextlib, copy, csv, ctypes, datetime,"
        " decimal, difflib, enum, fractions, functools, hashlib, heapq, html, io, ipaddress, itertools, json, keyword,"
        " locale, logging, math, numbers, operator, os, pathlib, pickle, queue, random, re, secrets, shlex, sqlite3, ssl,"
        " statistics, string, struct, sys, textwrap, threading, time, timeit, typing, unicodedata, unittest, uuid,"
        f" zlib, bz2, lzma, zoneinfo\ndef solve(n):\n    hashlib.md5(b'x').hexdigest()\n{_RIGHT}"
    ),
    "a doctest": f"def solve(n):\n    '''\n    >>> solve(1)\n    '''\n{_RIGHT}import doctest\ndoctest.testmod()\n",
    "a typographic source": f"# ‘ü’ – «日本語» \ndef solve(n):\n    ñ = n\n{_RIGHT}",
    "carriage returns": f"def solve(n):\n{_RIGHT}".replace("\n", "\r\n"),
    "a fixed seed": f"import random\nrandom.seed(1)\ndef solve(n):\n    random.shuffle([1, 2])\n{_RIGHT}",
    "sys.exit that is caught": f"import sys\ndef solve(n):\n    try: sys.exit(1)\n    except SystemExit: pass\n{_RIGHT}",
    "itself as a module": f"import sys\ndef solve(n):\n    assert sys.modules[__name__].solve is solve\n{_RIGHT}",
    "a pickle of its own class": (
        "import pickle\nclass Box: pass\ndef solve(n):\n    assert isinstance(pickle.loads(pickle.dumps(Box())), Box)\n"
        + _RIGHT
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_a_right_answer_passes_however_it_is_written(arena: Arena, what: str) -> None:
    for kind in ("check", "calls"):
        score = arena.score(ODD[what], kind, time_limit_s=5.0)
        assert score.verdict == "pass", f"{kind}: {score.detail}"
        assert score.shielded


PROGRAMS: dict[str, str] = {
    "plain": f"def solve(n):\n{_RIGHT}",
    "os._exit(0) after its output": (f"import os, sys\nprint({_KEY} + input(), flush=True)\nos._exit(0)\n"),
    "sys.exit(0) after its output": f"import sys\nprint({_KEY} + input())\nsys.exit(0)\n",
    "exit() after its output": f"print({_KEY} + input())\nraise SystemExit\n",
    "a main guard": f"def solve(n):\n{_RIGHT}if __name__ == '__main__':\n    pass\nelse:\n    raise RuntimeError\n",
    "words on standard error": f"import sys\nprint('debug', file=sys.stderr)\ndef solve(n):\n{_RIGHT}",
    "a warning of the compiler": f"x = '\\d'\ndef solve(n):\n{_RIGHT}",
    "its input as bytes": f"import sys\nprint({_KEY} + sys.stdin.buffer.read().decode().strip())\nsys.exit()\n",
    "its input by descriptor": f"import os\nprint({_KEY} + os.read(0, 100).decode().strip())\nraise SystemExit(0)\n",
    "its input by open(0)": f"print({_KEY} + open(0).read().strip())\nraise SystemExit(0)\n",
    "its input line by line": f"import sys\nfor line in sys.stdin: print({_KEY} + line.strip())\nsys.exit()\n",
    "its output by descriptor": f"import os\nos.write(1, ({_KEY} + input()).encode())\nraise SystemExit(0)\n",
    "a thread that prints at the end": (
        f"import threading, time\nn = input()\ndef late():\n    time.sleep(0.1)\n    print({_KEY} + n)\n"
        "threading.Thread(target=late).start()\nraise SystemExit(0)\n"
    ),
    "output at its exit": (
        f"import atexit, sys\nparts = [{_KEY}, input()]\natexit.register(lambda: sys.stdout.write(''.join(parts)))\n"
        "raise SystemExit\n"
    ),
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_a_right_program_passes_however_it_is_written(arena: Arena, what: str) -> None:
    score = arena.score(PROGRAMS[what], "program", time_limit_s=5.0)
    assert score.verdict == "pass", score.detail
