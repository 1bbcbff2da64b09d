"""What a judge runs: the test program, with the candidate behind the border; and how it tells what it found."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    from ....benchmarks import plain
    from . import zygote
    from .border import (
        LIMITED,
        AnswerGone,
        Border,
        CannotCross,
        Remote,
        RemoteWithOperators,
    )

VERDICT = b"v"


def write_verdict(nonce: str, found: Tuple[str, str, str]) -> None:
    """The row that tells verdict, exception and message."""
    zygote.write_row(VERDICT, "\0".join((nonce, *found)).encode("utf-8", "backslashreplace"))


def run_prelude(source: str, namespace: Dict[str, Any]) -> None:
    """Execute the prelude; a HumanEval prompt may end in a signature, which a ``pass`` completes."""
    if not source.strip():
        return
    try:
        code = compile(source, "<prelude>", "exec", dont_inherit=True)
    except SyntaxError:
        code = compile(source.rstrip() + "\n    pass\n", "<prelude>", "exec", dont_inherit=True)
    exec(code, namespace)


def run_check(payload: Dict[str, Any], candidate: Any, border: Optional[Border]) -> Tuple[str, str, str]:
    """Run the test program on a candidate (a Remote, or the function itself): verdict, exception, message."""
    module = type(sys)("tests")
    sys.modules["tests"] = module
    namespace = module.__dict__
    try:
        run_prelude(payload["prelude"], namespace)
        namespace[payload["entry_point"]] = candidate
        namespace["VALUES"] = payload["values"]
        exec(compile(payload["program"], "<tests>", "exec", dont_inherit=True), namespace)
        namespace["check"](candidate)
    except AssertionError as error:
        by_answer = border is not None and error is border.raised
        return ("error" if by_answer else "wrong", *zygote.describe(error, "<tests>"))
    except CannotCross as error:
        return ("cannot_cross", *zygote.describe(error))
    except BaseException as error:
        return ("error", *zygote.describe(error, "<tests>"))
    return ("pass", "", "")


def judge(header: Dict[str, Any]) -> None:
    """Run the tests against the candidate at the other end of the channel, and report."""
    payload = zygote.read_dict(header)
    zygote.ready()
    payload["values"] = plain.loads(payload["values"])  # before names of objects mean those at the border
    remote = RemoteWithOperators if payload["objects"] else Remote
    border = Border(zygote.CHANNEL, {"call": LIMITED["call"]}, remote, judging=True)
    border.await_greeting()
    found = ("", "", "") if border.broken is not None else run_check(payload, remote(border, 0, "entry"), border)
    # Whatever the test program made of it, a broken channel is never a pass.
    if isinstance(border.broken, CannotCross):
        found = ("cannot_cross", "", str(border.broken))
    elif isinstance(border.broken, AnswerGone):
        found = ("gone", "", str(border.broken))
    write_verdict("", found)


RUN = {"judge": judge}
