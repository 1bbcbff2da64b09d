"""Jobs as frames for the guest, and the guest's frames as outcomes. Everything that comes back is untrusted data."""

from __future__ import annotations

import json
import secrets
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...benchmarks import plain
from .api import LARGE, CallResult, CallsJob, CheckJob, Job, Limits, Outcome, ProgramJob, Status

_JUDGED = ("pass", "wrong", "error")


def frame(data: bytes) -> bytes:
    """One frame: four bytes of length, then the data."""
    return struct.pack(">I", len(data)) + data


def frames(data: bytes) -> Iterator[bytes]:
    """The whole frames at the head of ``data``; a torn last one is left out."""
    position = 0
    while position + 4 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 4 + length
        if end > len(data):
            return
        yield data[position + 4 : end]
        position = end


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def _header(kind: str, limits: Limits) -> bytes:
    return _json(
        {
            "kind": kind,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall,
            "memory_mb": limits.memory_mb,
            "processes": limits.processes,
            "file_mb": limits.file_mb,
            "output_bytes": limits.output_bytes,
        }
    )


def request(job: Job, nonce: str | None = None) -> bytes:
    """The frames that start a job: header (no foreign data), the candidate's payload, the judge's payload.

    With ``nonce`` a CheckJob runs unshielded, in one process.
    """
    header = _header(_kind(job, nonce), job.limits)
    candidate: dict[str, Any] = {"source": job.source}
    judge: dict[str, Any] = {}
    if isinstance(job, ProgramJob):
        candidate["stdin"] = job.stdin
    elif isinstance(job, CallsJob):
        calls = [call if isinstance(call, str) else [plain.encode(arg) for arg in call] for call in job.calls]
        candidate |= {"entry_point": job.entry_point, "calls": calls, "large": LARGE if job.digests else None}
    else:
        candidate["entry_point"] = job.entry_point
        judge = {
            "entry_point": job.entry_point,
            "prelude": job.prelude,
            "program": job.program,
            "values": plain.encode(job.values),
        }
        if nonce is not None:
            candidate |= judge | {"nonce": nonce}
            judge = {}
    return frame(header) + frame(_json(candidate)) + frame(_json(judge))


def _kind(job: Job, nonce: str | None) -> str:
    if isinstance(job, CallsJob):
        return "calls"
    if isinstance(job, ProgramJob):
        return "program"
    return "check" if nonce is None else "together"


def new_nonce() -> str:
    """A number no answer can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Report:
    """What the warden says of a job: how its candidate ended, what it used, and whether the sandbox can go on.

    ``fault`` is not empty when a process of the job could not be started.
    """

    killed: str
    exit: int | None
    signal: int | None
    wall_s: float
    cpu_s: float
    rss_kb: int
    clean: bool
    fault: str
    output_over: bool
    results_over: bool


def report(data: bytes) -> Report | None:
    """Read the warden's report; None when it is none."""
    found = _object(data)
    try:
        return Report(
            killed=str(found["killed"]),
            exit=None if found["exit"] is None else int(found["exit"]),
            signal=None if found["signal"] is None else int(found["signal"]),
            wall_s=round(float(found["wall_s"]), 4),
            cpu_s=round(float(found["cpu_s"]), 4),
            rss_kb=int(found["rss_kb"]),
            clean=found["clean"] is True,
            fault=str(found.get("fault", ""))[:500],
            output_over=found["output_over"] is True,
            results_over=found["results_over"] is True,
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def outcome(job: Job, nonce: str | None, report: Report, parts: list[bytes]) -> Outcome:
    """What the guest's four frames say about a job."""
    results, output, verdict = parts
    rows = [_object(item) for item in frames(results)]
    if isinstance(job, CheckJob):
        found = _object(next(frames(verdict), b"")) if nonce is None else _with_nonce(rows, nonce)
    elif isinstance(job, CallsJob):
        found = rows[0] if rows else {}
    else:
        found = rows[-1] if rows else {}
    calls: tuple[CallResult, ...] = ()
    if isinstance(job, CallsJob):
        calls = tuple(_call_result(row, job.digests) for row in rows[1 : 1 + len(job.calls)])
    status, detail = _status(job, report, found, calls)
    judged = found.get("verdict") if isinstance(job, CheckJob) and status == "ok" else None
    return Outcome(
        status=status,
        detail=detail,
        calls=calls,
        judged=judged if judged in _JUDGED else None,
        stdout=output,
        wall_s=report.wall_s,
        cpu_s=report.cpu_s,
        max_rss_mb=round(report.rss_kb / 1024, 1),
        shielded=nonce is None,
    )


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _with_nonce(rows: list[dict[str, Any]], nonce: str) -> dict[str, Any]:
    return next((row for row in rows if row.get("nonce") == nonce), {})


def _call_result(row: dict[str, Any], digests: bool) -> CallResult:
    if "value" in row:
        try:
            return CallResult(value=plain.decode(row["value"]))
        except plain.PlainError as error:
            return CallResult(raised="unplain", message=str(error)[:500])
    if digests and isinstance(row.get("digest"), str):
        return CallResult(digest=row["digest"][:200])
    return CallResult(raised=_text(row.get("raised"), 100) or "unplain", message=_text(row.get("message"), 500))


def _text(value: object, longest: int) -> str:
    """A text that the answer wrote; anything else that it put there is no text."""
    return value[:longest] if isinstance(value, str) else ""


def _told(found: dict[str, Any]) -> str:
    raised, message = _text(found.get("raised"), 100), _text(found.get("message"), 500)
    return f"{raised}: {message}" if raised and message else raised or message


def _status(job: Job, report: Report, found: dict[str, Any], calls: tuple[CallResult, ...]) -> tuple[Status, str]:
    limits = job.limits
    if report.killed == "wall":
        return "timeout", f"over {limits.wall:g} s of wall-clock time"
    if report.cpu_s >= limits.cpu_s or report.signal == signal.SIGXCPU:
        return "timeout", f"over {limits.cpu_s:g} s of CPU time"
    if report.output_over:
        return "error", f"printed more than {limits.output_bytes} bytes"
    if report.results_over:
        return "error", "returned more than the sandbox carries"
    if "MemoryError" in (found.get("raised"), *(call.raised for call in calls)):
        return "oom", f"MemoryError: over {limits.memory_mb} MiB"
    finished = _finished(job, found, calls)
    if finished is None and isinstance(job, ProgramJob) and report.exit == 0 and not report.killed:
        return "ok", ""  # os._exit(0) is a legal end of a program; what it printed is compared all the same
    if finished is None:
        return _crash(report, found)
    return finished, _told(found)


def _finished(job: Job, found: dict[str, Any], calls: tuple[CallResult, ...]) -> Status | None:
    """How the answer's process ended by its own account; None when it ended without one."""
    if isinstance(job, CallsJob):
        if found.get("loaded") is False:
            return "error"
        return "ok" if found.get("loaded") is True and len(calls) == len(job.calls) else None
    if isinstance(job, ProgramJob):
        if "finished" not in found:
            return None
        return "ok" if found["finished"] is True else "error"
    return "ok" if found.get("verdict") in (*_JUDGED, "cannot_cross") else None


def _crash(report: Report, found: dict[str, Any]) -> tuple[Status, str]:
    number = report.signal
    if number == signal.SIGKILL and not report.killed:
        return "oom", "killed by the kernel, most likely for memory"
    if number is not None and not (number == signal.SIGKILL and report.killed):
        names = {member.value: member.name for member in signal.Signals}
        return "error", f"the answer's process was ended by {names.get(number, f'signal {number}')}"
    if report.exit is not None:
        return "error", f"the answer's process ended early with exit status {report.exit}"
    return "error", _told(found) or "the answer's process vanished"
