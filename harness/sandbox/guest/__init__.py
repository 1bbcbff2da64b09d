"""The programs that run inside the sandbox: sent there as text, never imported by the host.

They use the standard library only and run on Python 3.8 or later. ``supervisor`` is PID 1; ``zygote`` is what jobs are
forked from, and runs batches of calls; ``candidate`` and ``judge`` are what the other jobs run, joined by ``border``.
"""
