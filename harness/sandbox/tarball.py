"""Archives whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import platform
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...benchmarks.errors import BadInput

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def architecture(machine: str = "") -> str:
    """A machine's name as engines write it; of this one by default."""
    name = machine or platform.machine()
    return _ARCHITECTURES.get(name, name)


def require_tar(path: Path) -> None:
    """BadInput where a file is no whole tar archive (compressed or not) with something in it."""
    if not path.is_file():
        raise BadInput(f"{path}: no such root filesystem archive")
    try:
        with tarfile.open(path) as archive:
            if sum(1 for _ in archive) == 0:
                raise BadInput(f"{path}: an archive with nothing in it")
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        fault = " ".join(str(error).split())[:160]
        raise BadInput(f"{path}: not a tar archive (.tar, .tar.gz, .tar.xz), or a damaged one ({fault})") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error


def write_tar(root: Path, target: Path, *, timed: str, but: str) -> None:
    """Pack a folder: sorted, owned by root; only files below ``timed`` keep their time stamps, ``but`` those below."""
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            info = archive.gettarinfo(path, name)
            if info.islnk():  # the same file twice in the cache: two files here
                info.type, info.linkname, info.size = tarfile.REGTYPE, "", path.stat().st_size
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            keep = info.isreg() and f"/{name}".startswith(timed) and not f"/{name}".startswith(but)
            info.mtime = int(info.mtime) if keep else 0
            if info.isreg():
                with path.open("rb") as stream:
                    archive.addfile(info, stream)
            else:
                archive.addfile(info)


def write_image(layer: Path, target: Path, name: str, config: Mapping[str, Any]) -> str:
    """Write an archive for ``docker load`` with one layer; returns the image's id, which is its content's digest."""
    with layer.open("rb") as stream:
        sha = hashlib.sha256()
        while block := stream.read(1 << 20):
            sha.update(block)
    image = {
        "architecture": architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha.hexdigest()}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "evalrun sandbox build"}],
    }
    text = json.dumps(image, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest()
    manifest = json.dumps([{"Config": f"{digest}.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        _add(archive, f"{digest}.json", text)
        info = tarfile.TarInfo("layer.tar")
        info.size = layer.stat().st_size
        with layer.open("rb") as stream:
            archive.addfile(info, stream)
        _add(archive, "manifest.json", manifest)
    return f"sha256:{digest}"


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
