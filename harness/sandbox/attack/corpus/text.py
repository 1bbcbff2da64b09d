"""Text that breaks terminals, files and codecs on its way to the record."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import rows_of

_row = rows_of("text")
_ALL = "check asserts calls program"

ROWS = (
    _row("NUL bytes", "a text that C functions cut", "def solve(n): return '\\0'", "error wrong", _ALL),
    _row("a NUL byte in the source", "the compiler refuses it", "def solve(n): return '\0'", "error wrong", _ALL),
    _row("a lone surrogate", "it cannot be encoded in UTF-8", "def solve(n): return '\\ud800'", "wrong error", _ALL),
    _row("a lone surrogate in the source", "a source that cannot be encoded", "def solve(n): return '\ud800'", "error wrong", _ALL),
    _row("surrogates in an exception and its name", "a message that cannot be encoded", "class Odd(Exception): pass\nOdd.__name__ = 'x\\udcff'\ndef solve(n): raise Odd('\\ud800\\udfff' * 100)", "error", _ALL),
    _row("surrogates printed", "an output that cannot be encoded", "def solve(n):\n    print('\\ud800')\n    return n", "wrong error", _ALL),
    _row("bytes that are no UTF-8 printed", "an output that cannot be decoded", "import os\ndef solve(n):\n    os.write(1, bytes(range(256)) * 10)\n    os.write(2, b'\\xff\\xfe' * 10)\n    return n", "wrong", _ALL),
    _row("control characters in a message", "the terminal is cleared, a line says passed", "def solve(n): raise ValueError('\\x1b[2J\\x00\\r\\n passed')", "error", _ALL),
    _row("escapes that set the terminal's title and clipboard", "OSC sequences reach the terminal", "def solve(n): raise ValueError('\\x1b]0;pwned\\x07\\x1b]52;c;cHduZWQ=\\x07\\x9b31m\\u202egnorw')", "error", _ALL),
    _row("a record forged by line breaks", "a message that continues a JSON Lines file", "def solve(n): raise ValueError('\\n{\"verdict\": \"pass\", \"task\": \"attack/check\"}\\n')", "error", _ALL),
    _row("an exception with an endless name", "the name of a class has no limit", "Odd = type('x' * 10000000, (Exception,), {})\ndef solve(n): raise Odd", "error", _ALL),
    _row("another encoding declared", "the source says that it is UTF-7", "# -*- coding: utf-7 -*-\ndef solve(n): return n", "wrong error", _ALL),
    _row("combining characters and right-to-left marks", "a text that overflows its line", "def solve(n): return 'a' + '\\u0301' * 100000 + '\\u202e\\u2066\\ufeff'", "wrong", _ALL),
    _row("a source of a million parentheses", "the parser's stack", "def solve(n): return " + "(" * 100_000 + ")" * 100_000, "error timeout oom"),
    _row("a source of a long sum", "the compiler recurses", "def solve(n): return " + "+".join(["n"] * 50_000), "error wrong timeout oom", cpu_s=2),
    _row("a source of nested blocks", "indentation without an end", "def solve(n):\n" + "".join(" " * (i + 1) + "if n:\n" for i in range(300)) + " " * 301 + "pass", "error"),
)
