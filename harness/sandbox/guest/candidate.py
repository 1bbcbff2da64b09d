"""What a candidate runs that is no plain list of calls: answering a judge, or being a whole program."""

from __future__ import annotations

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict

    from ....benchmarks import plain
    from . import zygote
    from .border import Border
    from .judge import run_check, write_verdict
    from .remote import LIMITED, OPERATORS, Remote


def load(payload: Dict[str, Any]) -> Any:
    """The answer's module, or None when it does not load; a row tells which."""
    zygote.ready()
    try:
        module = zygote.load_entry(payload["source"], payload["entry_point"])
    except BaseException as error:
        zygote.write_error(zygote.FAILED, error)
        return None
    zygote.write_row(zygote.LOADED)
    return module


def serve(header: Dict[str, Any]) -> None:
    """Answer the judge's calls until it hangs up."""
    payload = zygote.read_dict(header)
    module = load(payload)
    if module is None:
        return
    border = Border(zygote.CHANNEL, {**LIMITED, **OPERATORS}, Remote, judging=False)
    entry = payload["entry_point"]
    border.keep(module if entry is None else getattr(module, entry))
    if payload["objects"]:
        # A namedtuple or an IntEnum of its own has attributes that a test of classes looks at: it stays an object.
        plain.kept = lambda kind: getattr(kind, "__module__", None) == module.__name__
    try:
        border.greet()
        border.wait()
    except (EOFError, OSError):
        return


def program(header: Dict[str, Any]) -> None:
    """Run the answer as a script; what it prints is its answer."""
    source = zygote.read_dict(header)["source"]
    zygote.ready()
    fault = None
    try:
        zygote.load_answer(source, "__main__")
    except SystemExit as stop:
        try:
            if stop.code not in (None, 0):
                fault = zygote.describe(stop)
        except BaseException as error:
            fault = zygote.describe(error)
    except BaseException as error:
        fault = zygote.describe(error)
    try:
        # What the interpreter does at its end: wait for threads, then run what was registered.
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        fault = zygote.describe(error)
    try:
        if fault is None:
            zygote.write_row(zygote.LOADED)
        else:
            zygote.write_row(zygote.FAILED, "\0".join(fault).encode("utf-8", "backslashreplace"))
    except OSError:
        # It closed every descriptor; how it ended can still be said by its exit status.
        os._exit(0 if fault is None else 1)


def together(header: Dict[str, Any]) -> None:
    """The answer and its test program in one process (unshielded): for tests that pass what cannot cross a border."""
    payload = zygote.read_dict(header)
    nonce = payload["nonce"]
    module = load(payload)
    if module is not None:
        entry = payload["entry_point"]
        found = run_check(payload, module if entry is None else getattr(module, entry), None)
        write_verdict(nonce, found)


RUN = {"serve": serve, "program": program, "together": together}
