"""What the kernel must refuse: each program tries it, answers wrongly when it was refused and fails when it was not."""

# ruff: noqa: E501
# Programs are easier to read on one line than cut in pieces.

from __future__ import annotations

from ..rows import Attack, rows_of

_row = rows_of("refused")

HELPERS = """
import os, socket, ctypes, signal, struct, sys, resource
def refused(action):
    try:
        found = action()
    except (OSError, ValueError, AttributeError, PermissionError):
        return
    raise RuntimeError("was allowed: %r" % (found,))
def libc(name, *args):
    call = getattr(ctypes.CDLL(None, use_errno=True), name)
    call.restype = ctypes.c_int
    found = call(*args)
    if found == -1:
        raise OSError(ctypes.get_errno(), name)
    return found
def X86_64(number, on_arm64):
    return number if os.uname().machine == "x86_64" else on_arm64
def others():
    own = {os.getpid(), os.getppid()} - {1}
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in own]
"""


def must_be_refused(actions: str) -> str:
    """A program that tries each line of ``actions`` before it answers, and raises when one of them is allowed."""
    lines = "".join(f"    refused(lambda: {line})\n" for line in actions.strip().splitlines())
    return f"{HELPERS}\ndef solve(n):\n{lines}    return n\n"


def _try(name: str, why: str, *actions: str) -> Attack:
    return _row(name, why, must_be_refused("\n".join(actions)), "wrong", "check", cpu_s=3.0)


ROWS = (
    _try(
        "files of the system", "the next answer would find them changed",
        "open('/written', 'w')", "open('/opt/written', 'w')", "open('/etc/passwd', 'a')", "os.mkdir('/dev/written')",
        "os.unlink('/etc/passwd')", "open('/etc/shadow')",
    ),
    _try(
        "devices", "the host's disk and memory",
        "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))", "open('/dev/mem', 'rb')", "open('/dev/sda', 'rb')",
        "open('/dev/vda', 'rb')", "open('/dev/kmsg', 'rb').read(1)", "open('/proc/kcore', 'rb').read(1)",
    ),
    _try(
        "kernel settings", "they are the host's",
        "open('/proc/sys/kernel/hostname', 'w').write('x')", "open('/proc/sysrq-trigger', 'w').write('b')",
        "open('/proc/1/oom_score_adj', 'w').write('1000')", "open('/sys/kernel/x', 'w')", "socket.sethostname('x')",
        "open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x')", "open('/proc/sys/vm/drop_caches', 'w').write('1')",
    ),
    _try(
        "the schedule of PID 1 and the zygote", "a supervisor that is kept from running holds no limit",
        *(
            action.replace("PID", pid)
            for pid in ("1", "os.getppid()")
            for action in (
                "os.sched_setaffinity(PID, {min(os.sched_getaffinity(0))})", "os.sched_setscheduler(PID, os.SCHED_IDLE, os.sched_param(0))",
                "os.sched_setparam(PID, os.sched_param(0))", "os.setpriority(os.PRIO_PROCESS, PID, 19)", "os.setpriority(os.PRIO_PGRP, os.getpgid(PID), 19)",
                "libc('syscall', X86_64(314, 274), PID, struct.pack('IIQiIQQQ', 48, 5, 0, 0, 0, 0, 0, 0), 0)",
                "libc('syscall', X86_64(251, 30), 1, PID, 3 << 13)",
            )
        ),
    ),
    _try("the clock", "the host's time", "__import__('time').clock_settime(0, 0)", "libc('adjtimex', (ctypes.c_long * 64)(0x8000))"),
    _try(
        "other users", "root, or whoever ran before",
        "os.setuid(0)", "os.setresuid(0, 0, 0)", "os.setgid(0)", "os.setgroups([0])", "os.chown('/tmp', os.getuid(), 0)",
    ),
    _try("another root", "a way out of the file system", "os.chroot('/tmp')", "libc('pivot_root', b'/', b'/tmp')"),
    _try("a mount", "a file system of its own", "libc('mount', b'none', b'/tmp', b'tmpfs', 0, None)", "libc('umount2', b'/tmp', 2)"),
    _try(
        "the new calls for mounts", "fsopen, open_tree and move_mount came later than most filters",
        "libc('syscall', 430, b'tmpfs', 0)", "libc('syscall', 428, -100, b'/', 1)", "libc('syscall', 442, -100, b'/', 0, None, 0)",
    ),
    _try(
        "larger limits", "what was set is hard",
        "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))",
        "resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999))",
    ),
    _try("a higher priority", "the processor of all others", "os.nice(-5)", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"),
    _try(
        "memory of PID 1", "the supervisor's",
        "open('/proc/1/mem', 'rb').read(1)", "os.listdir('/proc/1/fd')", "open('/proc/1/environ').read()",
    ),
    _try("ptrace of PID 1", "the supervisor's registers", "libc('ptrace', 16, 1, 0, 0)", "libc('ptrace', 0x4206, 1, 0, 0)"),
    _try("limits of PID 1", "a supervisor without memory", "resource.prlimit(1, resource.RLIMIT_AS, (1, 1))"),
    _try("memory of the others", "the judge's", "[open('/proc/%d/mem' % pid, 'rb').read(1) for pid in others()][0]"),
    _try("descriptors of the others", "the judge's channel", "[os.listdir('/proc/%d/fd' % pid) for pid in others()][0]"),
    _try("environments of the others", "the supervisor's", "[open('/proc/%d/environ' % pid).read() for pid in others()][0]"),
    _try("ptrace of the others", "the judge's registers", "[libc('ptrace', 16, pid, 0, 0) for pid in others()][0]"),
    _try("POSIX message queues", "they outlive a process", "libc('mq_open', b'/q', 0o102, 0o600, None)"),
    _try("System V shared memory", "it outlives a process", "libc('shmget', 4242, 4096, 0o1600)"),
    _try("System V semaphores and queues", "they outlive a process", "libc('semget', 4242, 1, 0o1600)", "libc('msgget', 4242, 0o1600)"),
    _try("a namespace of users", "root of its own, the door to most kernel holes", "libc('unshare', 0x10000000)"),
    _try("other namespaces", "mounts, network and IPC of its own", "libc('unshare', 0x20000)", "libc('unshare', 0x40000000)", "libc('unshare', 0x08000000)"),
    _try("namespaces of PID 1 entered", "setns by a descriptor", *[f"libc('setns', os.open('/proc/1/ns/{name}', 0), 0)" for name in ("mnt", "pid", "net", "user")]),
    _try("the kernel's keyrings", "they are shared by user", "libc('syscall', 248, b'user', b'name', b'text', 4, -4)"),
    _try("programs for the kernel", "bpf, userfaultfd and perf_event_open", "libc('syscall', 321, 0, None, 0)", "libc('syscall', 298, None, 0, -1, -1, 0)"),
    _try("kernel modules and another kernel", "init_module, kexec and reboot", "libc('syscall', 175, b'', 0, b'')", "libc('syscall', 246, 0, 0, None, 0)", "libc('syscall', 169, 0xfee1dead, 672274793, 0, None)"),
    _try("swap, quotas and accounting", "the host's disks", "libc('swapon', b'/tmp', 0)", "libc('acct', b'/tmp/x')", "libc('syscall', 179, 0, None, 0, None)"),
    _try(
        "files opened by handle", "open_by_handle_at walks out of a mount",
        "libc('open_by_handle_at', 3, (ctypes.c_char * 64)(8), 0)", "libc('syscall', 304, -100, (ctypes.c_char * 64)(8), 0)",
    ),
    _try(
        "programs that run as root", "sudo, su, mount and a copy of its own with the bit set",
        "__import__('subprocess').run(['su', '-c', 'true'], check=True, capture_output=True, stdin=-3) and 'root'",
        "[os.path.join(folder, name) for top in ('/bin', '/usr/bin', '/sbin', '/opt') for folder, _, names in os.walk(top) for name in names"
        " if os.path.isfile(os.path.join(folder, name)) and os.stat(os.path.join(folder, name)).st_mode & 0o6000][0:1] or libc('mount', b'', b'', b'', 0, None)",
    ),
    _try("another user's view by capability", "capset gives back what was dropped", "libc('capset', (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[0xffffffff] * 6))"),
    _try("cgroups", "the host's accounting of it", "os.mkdir('/sys/fs/cgroup/x')", "open('/sys/fs/cgroup/memory.max', 'w').write('max')", "open('/sys/fs/cgroup/cgroup.procs', 'w').write('1')"),
)  # fmt: skip
