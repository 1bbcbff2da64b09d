"""Jobs as frames for the guest, and the guest's frames as outcomes. Everything that comes back is untrusted data."""

from __future__ import annotations

import hashlib
import json
import marshal
import re
import secrets
import signal
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, overload

from ...benchmarks import plain
from . import unmarshal
from .api import CallResult, CallsJob, CheckJob, Job, Limits, Outcome, ProgramJob, RightRows, Status
from .guest.zygote import DIGEST, FAILED, LOADED, MARSHALLED, PLAIN, RAISED, is_exact

VERDICT = b"v"
_JUDGED = ("pass", "wrong", "error")

_FULL = (
    "typing math re json collections itertools functools operator heapq bisect string random copy datetime decimal "
    "fractions statistics hashlib abc dataclasses enum contextlib io time array cmath numbers textwrap"
).split()
PROFILES = {
    "lean": [],
    "full": _FULL,
    "numpy": [*_FULL, "numpy"],
    "pandas": [*_FULL, "numpy", "pandas"],
}
"""What each kind of zygote has loaded before it forks a job."""
# Blanks and not \s, which takes line ends too: many empty lines would take quadratic time.
_NUMPY = re.compile(r"^[ \t]*(?:from|import)[ \t].*\bnumpy\b", re.M)
_PANDAS = re.compile(r"^[ \t]*(?:from|import)[ \t].*\b(?:pandas|scipy|sklearn|matplotlib|seaborn)\b", re.M)
_MAX_ROWS_BESIDE_CALLS = 1_000


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


# --- to the guest ---


def profile_of(source: str) -> str:
    """The zygote whose forks run a source soonest; it decides how long imports take, and nothing else."""
    if "import" not in source:
        return "lean"
    if _PANDAS.search(source):
        return "pandas"
    return "numpy" if _NUMPY.search(source) else "full"


def profile_for(data: bytes) -> str:
    """The zygote for a process that rebuilds this encoded data: arrays and frames cost an import."""
    if b'"$' not in data:
        return "lean"
    if b'"$pandas"' in data:
        return "pandas"
    return "numpy" if b'"$ndarray"' in data or b'"$datetime64"' in data else "lean"


def _judges_profile(candidates: str, job: CheckJob, values: str) -> str:
    """The zygote for a judge: what its programs import, what its values are, and what the answer may return.

    The last costs nothing more: the zygote that this one is forked from is there for the answer.
    """
    file = job.values.get("program") if isinstance(job.values, dict) else None  # a test file, run by guest/testfile.py
    programs = (job.prelude, job.program, file if isinstance(file, str) else "")
    return _widest("full", candidates, profile_for(values.encode("ascii")), *map(profile_of, programs))


def _widest(*profiles: str) -> str:
    return max(profiles, key=list(PROFILES).index)


def pack_calls(calls: Sequence[tuple[Any, ...] | str]) -> bytes:
    """Calls as the guest reads them. The guest may use ``marshal``: it trusts the host."""
    calls = list(calls)
    plainly = all(type(call) is tuple for call in calls) and is_exact(calls)
    return marshal.dumps(calls if plainly else [_packed(call) for call in calls], 2)


def _packed(call: tuple[Any, ...] | str) -> tuple[Any, ...] | bytes | str:
    if isinstance(call, str) or is_exact(call):
        return call
    return plain.dumps(call).encode("ascii")


def request(job: Job, number: int, nonce: str | None = None) -> bytes:
    """The frames that start a job: header (no foreign data), the candidate's payload, the calls or the judge's payload.

    ``number`` comes back in the report. With ``nonce`` a CheckJob runs unshielded, in one process.
    """
    profile = profile_of(job.source)
    judges = ""
    second = b""
    if isinstance(job, CallsJob):
        kind = "calls"
        first = marshal.dumps((job.source, job.entry_point, job.large), 2)
        second = job.packed if job.packed is not None else pack_calls(job.calls)
        profile = _widest(profile, profile_for(second))
    elif isinstance(job, ProgramJob):
        kind = "program"
        first = marshal.dumps({"source": job.source}, 2)
        second = job.stdin.encode("utf-8", "surrogatepass")
    else:
        kind = "serve" if nonce is None else "together"
        values = plain.dumps(job.values)
        candidate = {"source": job.source, "entry_point": job.entry_point, "objects": job.objects}
        judge = {
            "entry_point": job.entry_point,
            "prelude": job.prelude,
            "program": job.program,
            "values": values,
            "objects": job.objects,
            "operators": list(job.operators),
            "names": list(job.names),
            "learns": job.learns,
        }
        judges = _judges_profile(profile, job, values)
        if nonce is None:
            first, second = marshal.dumps(candidate, 2), marshal.dumps(judge, 2)
        else:
            first, profile = marshal.dumps({**candidate, **judge, "nonce": nonce}, 2), judges
    if kind != "calls" and profile == "lean":
        profile = "full"
    profiles = {"profile": profile, "judge": judges}
    return frame(_header(kind, profiles, number, job.limits, first, second)) + frame(first) + frame(second)


def _header(kind: str, profiles: dict[str, str], number: int, limits: Limits, first: bytes, second: bytes) -> bytes:
    header = {
        "id": number,
        "kind": kind,
        **profiles,
        "cpu_s": limits.cpu_s,
        "wall_s": limits.wall,
        "memory_mb": limits.memory_mb,
        "processes": limits.processes,
        "file_mb": limits.file_mb,
        "output_bytes": limits.output_bytes,
        "first": len(first),
        "second": len(second),
    }
    return json.dumps(header, separators=(",", ":")).encode("ascii")


def recall() -> bytes:
    """The frame that asks for the jobs which have not begun."""
    return frame(b'{"recall":true}')


def new_nonce() -> str:
    """A number no answer can guess."""
    return secrets.token_hex(16)


# --- values as rows ---


def row_of(value: Any, large: int | None) -> bytes | None:
    """The row that a candidate writes for exactly this value, where there is one."""
    if not is_exact(value):
        return None
    data = marshal.dumps(value, 2)
    return MARSHALLED + data if large is None or len(data) <= large else DIGEST + digest(data)


def digest(data: bytes) -> bytes:
    """The digest that stands for a large value."""
    return hashlib.blake2b(data, digest_size=32).digest()


def all_right(rows: Sequence[bytes | None]) -> RightRows | None:
    """What a candidate writes that loads and returns just the values of these rows; None where one is not known."""
    known = tuple(row for row in rows if row is not None)
    if len(known) < len(rows):
        return None
    return RightRows(known, b"".join(map(frame, (LOADED, *known))))


class CallRows(Sequence[CallResult]):
    """What calls gave: rows as the candidate wrote them, read only when somebody looks."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self.rows = rows

    def are_right(self, job: Job) -> bool:
        """Whether they were the right ones byte for byte."""
        return isinstance(job, CallsJob) and job.right is not None and self.rows is job.right.rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> CallResult: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[CallResult]: ...

    def __getitem__(self, index: int | slice) -> CallResult | Sequence[CallResult]:
        return CallRows(self.rows[index]) if isinstance(index, slice) else read_row(self.rows[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallRows) and list(self.rows) == list(other.rows)

    __hash__ = None  # type: ignore[assignment]


def read_row(row: bytes) -> CallResult:
    """What one row tells; anything that is no row of a call is an unplain result."""
    kind, data = row[:1], row[1:]
    try:
        if kind == MARSHALLED:
            return CallResult(value=unmarshal.loads(data))
        if kind == PLAIN:
            if sum(map(data.count, (b",", b"[", b"{"))) > unmarshal.MAX_ITEMS:
                raise plain.PlainError(f"more than {unmarshal.MAX_ITEMS} items")
            return CallResult(value=plain.loads(data.decode("ascii")))
    except Exception as error:  # numpy and pandas raise what they like, and no row may end the run
        return CallResult(raised="unplain", message=str(error)[:500])
    if kind == DIGEST and len(data) == 32:
        return CallResult(digest=data.hex())
    if kind == RAISED:
        name, message = _texts(data, 2)
        return CallResult(raised=name[:100] or "unplain", message=message[:500])
    return CallResult(raised="unplain", message="the answer's process wrote what is no result")


def _texts(data: bytes, count: int) -> list[str]:
    """The texts in a row; bytes that are none are shown as escapes."""
    parts = data[:4000].decode("utf-8", "backslashreplace").split("\0", count - 1)
    return parts + [""] * (count - len(parts))


# --- from the guest ---


@dataclass(frozen=True, slots=True)
class Report:
    """What the supervisor says of a job: how its candidate ended, what it used, and whether the sandbox can go on.

    ``killed``: why the supervisor ended it (``wall``, ``cpu``, ``output``; ``judged``: the verdict was there;
    ``ended``: the candidate had ended and the judge found nothing). ``unexplained``: a process was killed by nobody we
    know: by the job itself, or from outside. ``oom``: the kernel counted a process ended for memory. ``fault`` is not
    empty when a process of the job could not be started.
    """

    number: int
    killed: str
    exit: int | None
    signal: int | None
    wall_s: float
    cpu_s: float
    rss_kb: int
    unexplained: bool
    oom: bool
    clean: bool
    fault: str
    output_over: bool
    results_over: bool


def report(data: bytes) -> Report | None:
    """Read the supervisor's report; None when it is none."""
    try:
        found = json.loads(data)
        return Report(
            number=int(found["id"]),
            killed=str(found["killed"]),
            exit=None if found["exit"] is None else int(found["exit"]),
            signal=None if found["signal"] is None else int(found["signal"]),
            wall_s=round(float(found["wall_s"]), 4),
            cpu_s=round(float(found["cpu_s"]), 4),
            rss_kb=int(found["rss_kb"]),
            unexplained=found["unexplained"] is True,
            oom=found["oom"] is True,
            clean=found["clean"] is True,
            fault=str(found["fault"])[:500],
            output_over=found["output_over"] is True,
            results_over=found["results_over"] is True,
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None


def outcome(job: Job, nonce: str | None, report: Report, parts: Sequence[bytes]) -> Outcome:
    """What the guest's four frames say about a job."""
    candidate, output, judge = parts
    calls = None
    if isinstance(job, CallsJob) and job.right is not None and candidate == job.right.written:
        rows, calls = [LOADED], CallRows(job.right.rows)
    else:
        # Not all of them: a file of nothing but zeros is millions of empty rows.
        most = 1 + len(job.calls) if isinstance(job, CallsJob) else _MAX_ROWS_BESIDE_CALLS
        rows = list(islice(frames(candidate), most))
        if isinstance(job, CallsJob):
            calls = CallRows(rows[1:] if rows[:1] == [LOADED] else [])
    loaded = rows[:1] == [LOADED]
    verdict = None
    if isinstance(job, CheckJob) and loaded:
        verdict = _verdict(frames(judge), "") if nonce is None else _verdict(rows[1:], nonce)
    status, detail = _status(job, report, rows, calls, verdict)
    judged = verdict[0] if verdict is not None and status == "ok" else None
    return Outcome(
        status=status,
        detail=detail,
        calls=calls if calls is not None else (),
        judged=judged if judged in _JUDGED else None,  # type: ignore[arg-type]
        stdout=output,
        wall_s=report.wall_s,
        cpu_s=report.cpu_s,
        max_rss_mb=round(report.rss_kb / 1024, 1),
        shielded=nonce is None,
        over_wall=report.killed == "wall",
    )


def unexplained(report: Report, judge: bytes) -> bool:
    """Whether a process of the job was killed by nobody we know.

    The judge may tell that the candidate is gone before the supervisor hears of its end.
    """
    verdict = _verdict(frames(judge), "")
    gone = verdict is not None and verdict[0] == "gone" and report.killed == "judged" and not report.oom
    return report.unexplained or (gone and report.signal == signal.SIGKILL)


def _verdict(rows: Iterator[bytes] | list[bytes], nonce: str) -> tuple[str, str] | None:
    """Verdict and detail, from the first row that knows the nonce."""
    for row in rows:
        if row[:1] == VERDICT:
            said, verdict, name, message = _texts(row[1:], 4)
            if said == nonce:
                return verdict, _told(name, message)
    return None


def _told(name: str, message: str) -> str:
    name, message = name[:100], message[:500]
    return f"{name}: {message}" if name and message else name or message


def _status(
    job: Job, report: Report, rows: list[bytes], calls: CallRows | None, verdict: tuple[str, str] | None
) -> tuple[Status, str]:
    limits = job.limits
    if report.killed == "wall":
        return "timeout", f"over {limits.wall:g} s of wall-clock time"
    if report.killed == "cpu" or report.cpu_s >= limits.cpu_s or report.signal == signal.SIGXCPU:
        return "timeout", f"over {limits.cpu_s:g} s of CPU time"
    if report.output_over:
        return "error", f"printed more than {limits.output_bytes} bytes"
    if report.results_over:
        return "error", "returned more than the sandbox carries"
    failed = next((row[1:] for row in rows[:1] if row[:1] == FAILED), None)
    told = _told(*_texts(failed, 2)) if failed is not None else ""
    judged = verdict[1] if verdict is not None else ""
    if told.startswith("MemoryError") or judged.startswith("MemoryError") or _out_of_memory(job, calls):
        return "oom", f"MemoryError: over {limits.memory_mb} MiB"
    if failed is not None:
        return "error", told
    if isinstance(job, CheckJob):
        finished = verdict is not None and verdict[0] in (*_JUDGED, "cannot_cross")
    elif isinstance(job, CallsJob):
        finished = rows[:1] == [LOADED] and calls is not None and len(calls) == len(job.calls)
    else:
        # os._exit(0) is a legal end of a program; what it printed is compared all the same.
        finished = rows[:1] == [LOADED] or (report.exit == 0 and not report.killed)
    if finished:
        return "ok", verdict[1] if verdict is not None else ""
    return _crash(report, verdict[1] if verdict is not None else "")


def _out_of_memory(job: Job, calls: CallRows | None) -> bool:
    if calls is None or calls.are_right(job):
        return False
    return any(row.startswith(RAISED + b"MemoryError\0") for row in calls.rows)


def _crash(report: Report, told: str) -> tuple[Status, str]:
    number = report.signal
    if report.oom:
        return "oom", "ended by the kernel: the sandbox was out of memory"
    if number is not None and not (number == signal.SIGKILL and report.killed not in ("", "ended")):
        names = {member.value: member.name for member in signal.Signals}
        return "error", f"the answer's process was ended by {names.get(number, f'signal {number}')}"
    if report.exit is not None:
        return "error", f"the answer's process ended early with exit status {report.exit}"
    return "error", told or "the answer's process vanished"
