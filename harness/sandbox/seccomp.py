"""System-call filters, as the kernel's BPF programs: a whole one for bubblewrap, that brings none; one beside Docker's.

Refused: what reaches other processes (ptrace, process_vm_*, limits, priority, scheduling and affinity of others), what
outlives a process (System V objects, message queues, keyrings), new namespaces and mounts, and doors into the kernel
that no answer needs (bpf, io_uring, userfaultfd, perf). Sockets are of the families that have something to reach in an
empty network, or nothing at all: others (vsock, which knows no network namespaces) are refused.

Docker's own filter allows the calls that set priority, scheduling and affinity for any process, and leaves it to the
kernel, which refuses them across users. Here all processes may be of one user, so they are for the caller alone: a
filter can tell it by the number 0, and by no other, as it does not know who calls. What a C library does to its own
thread by that thread's number (``pthread_setaffinity_np``) is refused as well.
"""

from __future__ import annotations

import errno
import platform
import struct

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# System call numbers (asm/unistd.h): x86_64, aarch64.
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioprio_set": (251, 30),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
_CLONE = (56, 220)
# Those that name a process by their first argument, where 0 is the caller.
_OF_THE_CALLER = {
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
}
_SOCKETS = ((41, 198), (53, 199))  # socket, socketpair
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (the C library asks it for addresses)
_SETPRIORITY = (141, 140)  # 0 twice: of a process, and that the caller; else of a group or a user
_NEW_NAMESPACES = 0x7E020080  # CLONE_NEWTIME | NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Offsets in struct seccomp_data. Of an argument the lower half, which is all that these calls look at: both machines
# are little-endian.
_NUMBER, _ARCH, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


_NO_FAMILY = _step(_RETURN, _ERRNO | errno.EAFNOSUPPORT)
_REFUSE = _step(_RETURN, _ERRNO | errno.EPERM)
_ABSENT = _step(_RETURN, _ERRNO | errno.ENOSYS)
_PERMIT = _step(_RETURN, _ALLOW)


def _if_zero(number: int, *arguments: int) -> list[bytes]:
    """A call that is allowed where these arguments are 0; else refused."""
    steps = []
    for left in reversed(range(len(arguments))):
        steps += [_step(_LOAD, arguments[-1 - left]), _step(_JUMP_EQUAL, 0, 0, 2 * left + 1)]
    steps += [_PERMIT, _REFUSE]
    return [_step(_JUMP_EQUAL, number, 0, len(steps)), *steps]


def doors() -> dict[str, bytes]:
    """By machine, what PID 1 puts beside an engine's own filter: old ones let io_uring by, and all let vsock by.

    Without what those filters all refuse by arguments that they know better: namespaces and schedules of others.
    """
    return {machine: made for machine in _AUDIT_ARCH if (made := program(machine, beside=True)) is not None}


def program(machine: str | None = None, *, beside: bool = False) -> bytes | None:
    """The filter for this machine (or ``machine``), an array of struct sock_filter; None where no numbers are known.

    ``beside``: there is another filter already.
    """
    machine = machine or platform.machine()
    if machine not in _AUDIT_ARCH:
        return None
    column = list(_AUDIT_ARCH).index(machine)
    steps = [
        _step(_LOAD, _ARCH),
        _step(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        _REFUSE,  # a call by the table of another architecture
        _step(_LOAD, _NUMBER),
        _step(_JUMP_AT_LEAST, 0x40000000, 0, 1),
        _REFUSE,  # x32
    ]
    for name, numbers in _REFUSED.items():
        if beside and name == "clone3":
            continue
        # The C library falls back from clone3 to clone, whose flags a filter can read, only when it does not exist.
        steps += [_step(_JUMP_EQUAL, numbers[column], 0, 1), _ABSENT if name == "clone3" else _REFUSE]
    for numbers in _SOCKETS:
        families = [_step(_JUMP_EQUAL, family, left, 0) for left, family in zip((4, 3, 2, 1), _FAMILIES, strict=True)]
        block = [_step(_LOAD, _FIRST_ARGUMENT), *families, _NO_FAMILY, _PERMIT]
        steps += [_step(_JUMP_EQUAL, numbers[column], 0, len(block)), *block]
    if beside:
        return b"".join([*steps, _PERMIT])
    for numbers in _OF_THE_CALLER.values():
        steps += _if_zero(numbers[column], _FIRST_ARGUMENT)
    steps += _if_zero(_SETPRIORITY[column], _FIRST_ARGUMENT, _SECOND_ARGUMENT)
    steps += [
        _step(_JUMP_EQUAL, _CLONE[column], 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_JUMP_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        _REFUSE,
        _PERMIT,
    ]
    return b"".join(steps)
