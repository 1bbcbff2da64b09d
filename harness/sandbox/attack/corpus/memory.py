"""Programs that look for what they may not know, in every place a process can read, and answer with what they find.

A sentinel begins with a text that is known here and ends in one that is not. What is found is returned reversed in an
exception, and a leak even where it does not help.
"""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("memory")
_ALL = "check asserts calls program"

# The pattern does not match itself. The candidate's own copies of what it found are harmless.
TELL = """
import re
PATTERN = re.compile(rb'evalrun-sentinel-[a-z]{4,8}-[0-9a-f]{28}')
def tell(found):
    found = sorted(set(found))
    if found: raise RuntimeError('FOUND ' + b' '.join(found[:8]).decode()[::-1])
def in_object(value, depth=3):
    if isinstance(value, str): value = value.encode('utf-8', 'replace')
    if isinstance(value, (bytes, bytearray)): return PATTERN.findall(value)
    if depth and isinstance(value, dict): value = list(value.items())
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [one for item in list(value)[:1000] for one in in_object(item, depth - 1)]
    return []
"""
_MAPS = """
def spans():
    for line in open('/proc/self/maps'):
        span, access = line.split()[:2]
        low, high = (int(part, 16) for part in span.split('-'))
        if access.startswith('r') and '[v' not in line: yield low, high
"""
_BY_MEM = """
def scan():
    found = []
    with open('/proc/self/mem', 'rb', 0) as memory:
        for low, high in list(spans()):
            try:
                memory.seek(low)
                while low < high:
                    text = memory.read(min(high - low, 1 << 20))
                    if not text: break
                    found += PATTERN.findall(text)
                    low += len(text)
            except OSError: continue
    return found
"""
_BY_CTYPES = """
import ctypes
def scan():
    found = []
    for low, high in list(spans()):
        for at in range(low, high, 1 << 20): found += PATTERN.findall(ctypes.string_at(at, min(high - at, 1 << 20)))
    return found
"""
_BY_VM = """
import ctypes, os
class Vec(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
def scan(pid=None, where=spans):
    found, kept = [], ctypes.create_string_buffer(1 << 20)
    call = ctypes.CDLL(None).process_vm_readv
    for low, high in list(where()):
        for at in range(low, high, 1 << 20):
            size = min(high - at, 1 << 20)
            got = call(pid or os.getpid(), ctypes.byref(Vec(ctypes.addressof(kept), size)), 1, ctypes.byref(Vec(at, size)), 1, 0)
            if got > 0: found += PATTERN.findall(kept.raw[:got])
    return found
"""
_IN_A_CALL = """
def solve(n):
    try: found = scan()
    except (OSError, AttributeError): found = []
    tell(found)
    return n
"""
_WHY_MEM = "whatever was ever in the process that ran tests, or that it was forked from, is there"

ROWS = (
    _row("/proc/self/mem scanned", _WHY_MEM, TELL + _MAPS + _BY_MEM + _IN_A_CALL, "wrong", _ALL, cpu_s=10),
    _row("/proc/self/mem scanned while loading", _WHY_MEM, TELL + _MAPS + _BY_MEM + "try: tell(scan())\nexcept OSError: pass\ndef solve(n): return n", "wrong", _ALL, cpu_s=10),
    _row("the address space read by ctypes", "/proc/self/mem may be closed, reading is not", TELL + _MAPS + _BY_CTYPES + _IN_A_CALL, "wrong", _ALL, cpu_s=10),
    _row("the address space read by process_vm_readv", "a system call in place of a file", TELL + _MAPS + _BY_VM + _IN_A_CALL, "wrong", cpu_s=10),
    _row(
        "memory of the parent and of PID 1",
        "the harness's memory is open in five peers",
        TELL
        + _MAPS
        + _BY_VM
        + """
def other(pid):
    for line in open('/proc/%d/maps' % pid):
        low, high = (int(part, 16) for part in line.split()[0].split('-'))
        if '[v' not in line: yield low, high
def solve(n):
    for pid in [int(name) for name in __import__('os').listdir('/proc') if name.isdigit()]:
        if pid == os.getpid(): continue
        try: tell(scan(pid, lambda: other(pid)))
        except OSError: pass
        try:
            with open('/proc/%d/mem' % pid, 'rb', 0) as memory:
                for low, high in list(other(pid)):
                    memory.seek(low)
                    tell(PATTERN.findall(memory.read(high - low)))
        except OSError: pass
    return n
""",
        "wrong",
        _ALL,
        cpu_s=10,
    ),
    _row(
        "frames walked for the expected value",
        "EvalPlus and LiveCodeBench hold it in a caller's locals",
        TELL
        + """
import sys
def solve(n):
    frame = sys._getframe()
    while frame:
        tell(in_object(dict(frame.f_locals)) + in_object(dict(frame.f_globals)) + in_object(frame.f_code.co_consts))
        frame = frame.f_back
    return n
""",
        "wrong",
        _ALL,
    ),
    _row(
        "frames of all threads",
        "another thread may hold what this one does not",
        TELL + "import sys\ndef solve(n):\n    for frame in sys._current_frames().values():\n        while frame:\n            tell(in_object(dict(frame.f_locals)))\n            frame = frame.f_back\n    return n",
        kinds=_ALL,
    ),
    _row(
        "the frame of a traceback",
        "an exception that was raised shows the frames above",
        TELL
        + """
def solve(n):
    try: 1 / 0
    except ZeroDivisionError as error: trace = error.__traceback__
    frame = trace.tb_frame
    while frame:
        tell(in_object(list(frame.f_builtins.values())) + in_object(dict(frame.f_locals)))
        frame = frame.f_back
    return n
""",
        kinds=_ALL,
    ),
    _row(
        "every object of the garbage collector",
        "lists and dicts of the tests are found without a name",
        TELL + "import gc\ndef solve(n):\n    gc.collect()\n    for item in gc.get_objects():\n        if type(item) in (list, tuple, dict): tell(in_object(item, 1))\n    return n",
        kinds=_ALL,
        cpu_s=10,
    ),
    _row(
        "objects that refer to its arguments",
        "the list of inputs stands beside that of outputs",
        TELL
        + """
import gc
def solve(*args):
    waiting, seen = [args, solve, globals()], set()
    for _ in range(20000):
        if not waiting: break
        item = waiting.pop()
        if id(item) in seen: continue
        seen.add(id(item))
        tell(in_object(item, 1))
        waiting += gc.get_referrers(item)[:50] if len(seen) < 40 else gc.get_referents(item)[:50]
    return args[0]
""",
        kinds="check calls",
        cpu_s=10,
    ),
    _row(
        "constants of every function",
        "expected values are constants of the test's code",
        TELL + "import gc, types\ndef consts(code):\n    for one in code.co_consts:\n        if isinstance(one, types.CodeType): yield from consts(one)\n        else: yield one\ndef solve(n):\n    for item in gc.get_objects():\n        if type(item) is types.FunctionType: tell(in_object(list(consts(item.__code__))))\n    return n",
        kinds=_ALL,
        cpu_s=10,
    ),
    _row(
        "interned and attribute strings of every module",
        "what the harness imported or stored in a module",
        TELL + "import sys\ndef solve(n):\n    for module in list(sys.modules.values()):\n        tell(in_object(dict(getattr(module, '__dict__', {})), 2))\n    tell(in_object([sys.argv, sys.path, getattr(sys, 'orig_argv', [])]))\n    return n",
        kinds=_ALL,
        cpu_s=10,
    ),
    _row(
        "every open descriptor read from its beginning",
        "payloads travel in memory files that can be read again",
        TELL
        + """
import os
def solve(n):
    for name in os.listdir('/proc/self/fd'):
        try:
            fd = int(name)
            tell(PATTERN.findall(os.pread(fd, 1 << 22, 0)))
        except OSError: pass
        try: tell(PATTERN.findall(open('/proc/self/fd/' + name, 'rb').read(1 << 22) if int(name) > 2 and os.path.isfile('/proc/self/fd/' + name) else b''))
        except OSError: pass
    return n
""",
        kinds=_ALL,
        cpu_s=5,
    ),
    _row(
        "command lines and environments of all processes",
        "arguments of a process are for all to read",
        TELL
        + """
import os
def solve(n):
    for pid in os.listdir('/proc'):
        for name in ('cmdline', 'environ', 'comm', 'stack', 'auxv', 'wchan', 'mountinfo', 'cgroup', 'status'):
            try: tell(PATTERN.findall(open('/proc/%s/%s' % (pid, name), 'rb').read()))
            except OSError: pass
    return n
""",
        kinds=_ALL,
        cpu_s=5,
    ),
    _row(
        "memory that malloc gives back",
        "freed memory still holds what an earlier job had",
        TELL + "import ctypes\ndef solve(n):\n    libc = ctypes.CDLL(None)\n    libc.malloc.restype = ctypes.c_void_p\n    for size in [1 << k for k in range(5, 22)] * 20:\n        at = libc.malloc(ctypes.c_size_t(size))\n        if at: tell(PATTERN.findall(ctypes.string_at(at, size)))\n    return n",
        kinds="check calls",
        cpu_s=5,
    ),
    _row(
        "stack below the present frame",
        "what functions that have returned left on the stack",
        TELL + "import ctypes\ndef solve(n):\n    spot = ctypes.c_int()\n    for line in open('/proc/self/maps'):\n        if '[stack]' in line:\n            low, high = (int(part, 16) for part in line.split()[0].split('-'))\n            tell(PATTERN.findall(ctypes.string_at(low, high - low)))\n    return n",
        kinds="check calls",
        cpu_s=5,
    ),
)
