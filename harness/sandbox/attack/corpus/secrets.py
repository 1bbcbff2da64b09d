"""Programs that look for what belongs to the host: its environment, its files, its mounts.

The host has a secret in an environment variable and another one in a file of its temporary folder.
"""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of
from .memory import TELL

_row = rows_of("secrets")
_ALL = "check asserts calls program"

ROWS = (
    _row(
        "the environment",
        "API keys are kept there, and open in five peers",
        TELL
        + """
import os
def solve(n):
    tell(in_object(dict(os.environ)))
    if any('SECRET' in name or 'KEY' in name or 'TOKEN' in name for name in os.environ):
        raise RuntimeError(' '.join(os.environ))
    return n
""",
        "wrong",
        _ALL,
    ),
    _row(
        "the environment as it was at the start",
        "os.environ may have been cleaned, the stack not",
        TELL + "import os\ndef solve(n):\n    for pid in ('self', str(os.getppid()), '1'):\n        try: tell(PATTERN.findall(open('/proc/%s/environ' % pid, 'rb').read()))\n        except OSError: pass\n    return n",
        "wrong",
        _ALL,
    ),
    _row(
        "every file that it can read",
        "the dataset with its solutions lay on the disk of seven peers",
        TELL
        + """
import os
def solve(n):
    for top in ('/tmp', '/home', '/root', '/var', '/run', '/mnt', '/srv', '/etc', '/dev/shm'):
        for folder, folders, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if os.path.isfile(path) and os.path.getsize(path) < 100000:
                        with open(path, 'rb') as f: tell(PATTERN.findall(f.read()))
                except OSError: pass
    return n
""",
        "wrong",
        _ALL,
        cpu_s=10,
    ),
    _row(
        "files of the host through /proc",
        "root, cwd and fd links of other processes lead out",
        TELL
        + """
import glob, os
def solve(n):
    for pid in os.listdir('/proc'):
        if not pid.isdigit(): continue
        for link in ('root', 'cwd'):
            for path in glob.glob('/proc/%s/%s/tmp/evalrun-sentinel-*/*' % (pid, link)):
                try: tell(PATTERN.findall(open(path, 'rb').read()))
                except OSError: pass
    return n
""",
        "wrong",
        _ALL,
        cpu_s=3,
    ),
    _row(
        "folders above its own",
        "relative paths and links out of the root",
        TELL
        + """
import glob, os
def solve(n):
    try: os.symlink('/' + '../' * 40 + 'tmp', '/tmp/out')
    except OSError: pass
    for top in ('../' * 40, '/tmp/out/..', '/proc/1/root', '/proc/self/root', '/proc/self/cwd'):
        for path in glob.glob(top + '/tmp/evalrun-sentinel-*/*') + glob.glob(top + '/**/evalrun-sentinel-*/*'):
            try: tell(PATTERN.findall(open(path, 'rb').read()))
            except OSError: pass
    return n
""",
        "wrong",
        "check calls",
        cpu_s=3,
    ),
    _row(
        "files of the host written to",
        "a shared folder is a way back",
        """
import glob
def solve(n):
    for path in glob.glob('/tmp/evalrun-sentinel-*/*') + glob.glob('/proc/1/root/tmp/evalrun-sentinel-*/*'):
        try: open(path, 'w').write('x')
        except OSError: pass
    return n
""",
        "wrong",
        "check calls program",
    ),
    _row(
        "evalrun itself",
        "the harness's own code, suites and caches",
        """
import os, sys
def solve(n):
    for name in ('evalrun', 'docker', 'datasets'):
        try: __import__(name)
        except ImportError: continue
        raise RuntimeError('imported ' + name)
    return n
""",
        "wrong",
        "check asserts calls program",
    ),
    _row(
        "suites on the disk",
        "the reference solutions of the benchmark",
        "import glob, os\ndef solve(n):\n    found = [p for top in ('/', '/opt', '/home', '/root', '/usr') for p in glob.glob(top + '/**/tasks.jsonl') + glob.glob(top + '/*/*/HumanEval*')]\n    if found: raise RuntimeError(found)\n    return n",
        "wrong",
        "check calls program",
        cpu_s=10,
    ),
)
