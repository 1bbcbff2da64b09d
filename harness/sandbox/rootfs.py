"""A root filesystem with a Python in it, made from the host's own interpreter: for machines that reach no registry."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

from ...benchmarks.errors import InfraError
from ..paths import cache_dir

PREFIX = "opt/python"
_LEFT_OUT = {
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "lib2to3",
}
_PASSWD = "root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
_GROUP = "root:x:0:\nnogroup:x:65534:\n"


def host_python() -> Path:
    """The interpreter's real file (not a virtual environment's link to it)."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Path(base).resolve()


def write_rootfs(target: Path) -> None:
    """Write a tar archive of the host's Python: interpreter, standard library, and the shared libraries they load.

    Nothing else of the host is in it: no site-packages, no shell, no configuration. InfraError when the interpreter's
    files cannot be found.
    """
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library = Path(sysconfig.get_path("stdlib"))
    if not library.is_dir():
        raise InfraError(
            f"this Python's standard library is not at {library}; use `evalrun sandbox build --rootfs FILE`"
        )
    with tarfile.open(target, "w") as archive:
        for folder in ("tmp", "proc", "dev", "sys", "etc"):
            _add_folder(archive, folder, 0o1777 if folder == "tmp" else 0o755)
        _add_text(archive, "etc/passwd", _PASSWD)
        _add_text(archive, "etc/group", _GROUP)
        binary = host_python()
        _add_file(archive, binary, f"{PREFIX}/bin/{version}")
        _add_link(archive, f"{PREFIX}/bin/python3", version)
        loadable = [binary]
        for path in _library_files(library):
            _add_file(archive, path, f"{PREFIX}/lib/{version}/{path.relative_to(library).as_posix()}")
            if path.suffix == ".so":
                loadable.append(path)
        for path, name in _shared_libraries(loadable):
            _add_file(archive, path, name)


def _library_files(library: Path) -> Iterator[Path]:
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library).parts
        if path.is_file() and not (_LEFT_OUT & set(inside)) and not inside[0].startswith("config-"):
            yield path


def _shared_libraries(loadable: list[Path]) -> list[tuple[Path, str]]:
    """The shared libraries of these files: where they are, and under which name the loader will look for them."""
    needed: dict[str, Path] = {}
    for path in loadable:
        listing = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
        for found in re.findall(r"(/\S+)\s+\(0x", listing):
            needed[found] = Path(found)
    if not needed:
        return []  # a static interpreter
    libc = next((Path(name) for name in needed if Path(name).name.startswith("libc.so")), None)
    if libc is None:
        raise InfraError(
            "this Python is not linked to a C library evalrun knows; use `evalrun sandbox build --rootfs FILE`"
        )
    placed = []
    for name, path in sorted(needed.items()):
        # The loader has no cache file in the sandbox: what lies outside its standard folders goes beside the C library.
        standard = name.startswith(("/lib", "/usr/lib"))
        placed.append((path.resolve(), (name if standard else f"{libc.parent}/{path.name}").lstrip("/")))
    return placed


def _info(name: str, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode = mode
    return info


def _add_folder(archive: tarfile.TarFile, name: str, mode: int) -> None:
    info = _info(name, mode)
    info.type = tarfile.DIRTYPE
    archive.addfile(info)


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = _info(name, 0o644)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _add_link(archive: tarfile.TarFile, name: str, target: str) -> None:
    info = _info(name, 0o777)
    info.type = tarfile.SYMTYPE
    info.linkname = target
    archive.addfile(info)


def _add_file(archive: tarfile.TarFile, path: Path, name: str) -> None:
    info = _info(name, 0o755 if path.stat().st_mode & 0o111 else 0o644)
    info.size = path.stat().st_size
    # The time stamp must survive: compiled modules are checked against it.
    info.mtime = int(path.stat().st_mtime)
    with path.open("rb") as stream:
        archive.addfile(info, stream)


def unpacked_rootfs() -> Path:
    """The same root filesystem as a folder in the cache, made at first use."""
    binary = host_python()
    state = f"{binary} {binary.stat().st_mtime_ns} {sys.version}"
    folder = cache_dir() / "rootfs" / hashlib.sha256(state.encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_suffix(f".{id(folder)}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    archive = making.with_suffix(".tar")
    try:
        write_rootfs(archive)
        with tarfile.open(archive) as packed:
            if hasattr(tarfile, "fully_trusted_filter"):
                packed.extractall(making, filter="fully_trusted")
            else:
                packed.extractall(making)
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # another process was faster: its folder is as good
                raise
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(making, ignore_errors=True)
    return folder
