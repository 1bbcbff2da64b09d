"""A root filesystem with a Python in it, made from the host's own interpreter: for machines that reach no registry.

Its packages, where a suite requires some, lie in SITE_PACKAGES, where its ``python3`` looks without being told.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...benchmarks.errors import InfraError
from ...benchmarks.jsonio import digest
from ...benchmarks.requires import parse_requirements
from .keeping import make_once
from .libraries import shared_libraries
from .packages import find_packages
from .requirements import Package
from .tarball import write_tar
from .worker import JUDGE_HOME

PREFIX = "opt/python"
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_LIBRARY = f"/{PREFIX}/lib/{VERSION}"
SITE_PACKAGES = f"{_LIBRARY}/site-packages"
"""Where the packages lie in a root filesystem made here. Images made elsewhere have their own; ``python3`` knows it."""

ROOTFS_GROUP = "rootfs"
_FORM = 5  # to be raised whenever what is made of the same input changes
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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a root filesystem is made of; equal keys mean equal content."""

    key: str
    requires: tuple[str, ...]
    packages: tuple[Package, ...]

    @property
    def pins(self) -> tuple[str, ...]:
        """Every package in it with its version."""
        return tuple(package.pin for package in self.packages)


def host_python() -> Path:
    """The interpreter's real file (not a virtual environment's link to it)."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Path(base).resolve()


def recipe(requires: Sequence[str] = ()) -> Recipe:
    """What this machine would make for these requirements; InfraError when it cannot provide them."""
    parsed = parse_requirements(requires)
    packages = find_packages(parsed)
    binary = host_python()
    state = binary.stat()
    made_of = [_FORM, sys.version, platform.machine(), str(binary), state.st_mtime_ns, state.st_size]
    key = digest([made_of, list(parsed), [[package.pin, package.content()] for package in packages]])
    return Recipe(key, parsed, packages)


def unpacked_rootfs(made_of: Recipe | None = None) -> Path:
    """The root filesystem as a folder in the cache, made at first use; nothing of the host beyond it is in there."""
    chosen = recipe() if made_of is None else made_of
    return make_once(ROOTFS_GROUP, chosen.key, lambda folder: _fill(folder, chosen.packages))


def write_rootfs(target: Path, made_of: Recipe | None = None) -> None:
    """Write it as a tar archive: the same input gives the same bytes."""
    write_tar(unpacked_rootfs(made_of), target, timed=_LIBRARY, but=SITE_PACKAGES)


def _fill(root: Path, packages: Sequence[Package]) -> None:
    """Interpreter, standard library, the shared libraries they load, packages: no shell, no configuration."""
    library = Path(sysconfig.get_path("stdlib"))
    if not library.is_dir():
        raise InfraError(
            f"this Python's standard library is not at {library}; use `evalrun sandbox build --rootfs FILE`"
        )
    for name in ("tmp", JUDGE_HOME.lstrip("/"), "proc", "dev", "sys", "etc"):
        (root / name).mkdir(mode=0o755)
    (root / "tmp").chmod(0o1777)
    (root / "etc" / "passwd").write_text(_PASSWD)
    (root / "etc" / "group").write_text(_GROUP)
    binary = host_python()
    _copy(binary, root / PREFIX / "bin" / VERSION)
    (root / PREFIX / "bin" / "python3").symlink_to(VERSION)
    loadable = [binary]
    for path in _library_files(library):
        _copy(path, root / PREFIX / "lib" / VERSION / path.relative_to(library))
        if path.suffix == ".so":
            loadable.append(path)
    site = root / SITE_PACKAGES.lstrip("/")
    site.mkdir()
    homes = {Path(str(package.distribution.locate_file(""))).resolve() for package in packages}
    for package in packages:
        loadable += _add_package(package, site)
    if packages:
        _compile(root, site)
    for path, name in shared_libraries(loadable, but_not_in=homes):
        _copy(path, root / name)
    _link_where_python_looks(root)
    for folder in root.rglob("*"):
        if folder.is_dir() and not folder.is_symlink() and folder != root / "tmp":
            folder.chmod(0o755)


def _library_files(library: Path) -> Iterator[Path]:
    for path in sorted(library.rglob("*")):
        inside = path.relative_to(library).parts
        if path.is_file() and not (_LEFT_OUT & set(inside)) and not inside[0].startswith("config-"):
            yield path


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # With its time stamp: the standard library's compiled modules are checked against it.
    shutil.copy2(path, target)
    target.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)


def _add_package(package: Package, site: Path) -> list[Path]:
    loadable = []
    for name in package.files:
        source = Path(str(package.distribution.locate_file(name)))
        if not source.is_file():
            raise InfraError(f"{package.pin}: its file {name} is gone; install it again")
        _copy(source, site / name)
        if ".so" in source.suffixes:
            loadable.append(source)
    return loadable


def _compile(root: Path, site: Path) -> None:
    """Compile the packages, so that importing them is fast in a read-only place; their own tests stay as they are.

    The compiled form is bound to nothing outside (no time stamp, no path of this machine), so it is the same each time.
    """
    # One process and one hash seed: what is compiled before, and the order of sets, leave their marks in the bytes.
    command = [str(host_python()), "-s", "-m", "compileall", "-qq"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", "/", "-x", r"/tests?/", str(site)]
    # Its exit status also tells of files that are not meant to be compiled (templates): whoever imports one will see.
    subprocess.run(command, cwd="/", capture_output=True, check=False, env={"PYTHONHASHSEED": "0"})


def _link_where_python_looks(root: Path) -> None:
    """Some Pythons (Debian's) look for packages in another place than the standard one."""
    ask = f"import site; print('\\n'.join(site.getsitepackages(['/{PREFIX}'])))"
    done = subprocess.run([str(host_python()), "-I", "-S", "-c", ask], capture_output=True, text=True, check=False)
    places = [line for line in done.stdout.splitlines() if line.startswith(f"/{PREFIX}/")]
    if places and SITE_PACKAGES not in places:
        link = root / places[-1].lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(SITE_PACKAGES)
