"""How a zygote begins: it loads what it is to hold, sets what all its jobs share, and serves."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .zygote import CONTROL, config, load_border, serve


def start() -> None:
    """Load what this zygote is to hold, and set what all its jobs share."""
    if config["isolated"]:
        prefer_as_oom_victim()
    if config["uid"] is not None:
        os.setgroups([])
        # PID 1 kills a job's processes as the job's user; with its own real id, 0, here too, it would reach this one.
        os.setresuid(config["uid"], 0, config["uid"])
    os.write(CONTROL, b"s")
    os.environ.pop("LD_BIND_NOW", None)  # for the zygote alone
    sys.path[:] = [path for path in sys.path if path]
    sys.argv = ["answer"]
    sys.dont_write_bytecode = True
    if config["lean"]:
        add_site_builtins()
    for name in config["preload"]:
        try:
            __import__(name)
        except ImportError:
            continue  # this image's Python lacks it: an answer that needs it will say so
    if config["border"]:
        import json  # noqa: F401

        load_border(config["border"])
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)  # PID 1 ignores it, and so would its children
    os.umask(0o077)
    if config["hide"]:
        hide_memory()
    for kind, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_MSGQUEUE, 0), (resource.RLIMIT_NOFILE, 128)):
        _, hard = resource.getrlimit(kind)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    os.chdir(config["home"])
    os.dup2(0, 2)  # until here, what goes wrong is told on the sandbox's own standard error


def add_site_builtins() -> None:
    """``exit`` and ``quit``, which the site module would have made; a lean zygote starts without it."""
    import _sitebuiltins
    import builtins

    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")


def prefer_as_oom_victim() -> None:
    """When memory runs out, jobs and their zygotes shall end before PID 1 does, which then tells of it."""
    try:
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(fd, b"1000")
    except OSError:
        pass
    finally:
        os.close(fd)


def hide_memory() -> None:
    """Keep other processes of the same user out of this one's memory and descriptors (ptrace, /proc)."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(4, 0, 0, 0, 0) != 0:  # PR_SET_DUMPABLE
        raise OSError("prctl(PR_SET_DUMPABLE) failed")


if __name__ == "__main__":
    start()
    serve()
