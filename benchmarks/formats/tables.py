"""Rows of Parquet, JSON and CSV files, of folders of them and of hub datasets, through Hugging Face ``datasets``."""

from __future__ import annotations

import glob
import logging
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadInput, InfraError
from ..jsonio import read_json
from .rows import suite_name

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_BUILDERS = {".parquet": "parquet", ".jsonl": "json", ".json": "json"}
_NOISY = ("datasets", "huggingface_hub", "fsspec", "filelock", "urllib3", "httpx")


def data_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """A local folder's data files with tasks (those of the split ``test`` where there is one), and those with
    ancestors; nothing outside the folder is named. BadInput where there are none, or they are of several formats.
    """
    files = [path for path in sorted(folder.rglob("*")) if _is_data_file(path, folder)]
    ancestors = [path for path in files if path.name == "ancestors.parquet"]
    tasks = [path for path in files if path not in ancestors]
    tests = [path for path in tasks if "test" in re.split(r"[^a-z]+", path.name.lower())] or tasks
    if not tests:
        raise BadInput(f"{folder}: holds neither suite.json nor data files (.parquet, .jsonl, .json)")
    if len({path.suffix for path in tests}) > 1:
        raise BadInput(f"{folder}: holds data files of several formats; name the file that is meant")
    return tests, ancestors


def _is_data_file(path: Path, folder: Path) -> bool:
    inner = path.relative_to(folder)
    if path.suffix not in _BUILDERS or any(part.startswith((".", "_")) for part in inner.parts):
        return False
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def rows_of_files(files: Sequence[Path], builder: str = "") -> list[dict[str, Any]]:
    """The rows of files of one format (by default the one that the first's name tells); BadInput where they are not
    of it.
    """
    datasets = datasets_library()
    builder = builder or _BUILDERS.get(files[0].suffix, "parquet")
    paths = [glob.escape(str(path.resolve())) for path in files]
    # A cache of its own, gone afterwards: the files are local already, and a stale copy would be worse than none.
    with tempfile.TemporaryDirectory(prefix="evalrun-") as cache, quiet():
        try:
            loaded = datasets.load_dataset(builder, data_files={"test": paths}, split="test", cache_dir=cache)
            rows = list(loaded)
        except Exception as error:
            # datasets lets every reader's own errors through; all of them mean that the file is not what it says.
            raise BadInput(f"{files[0]}: cannot be read as {builder} ({one_line(error)})") from error
        del loaded
    return rows


def saved_files(folder: Path) -> list[Path]:
    """The files of a data set that ``datasets`` saved to a folder (``save_to_disk``); none for other folders.

    BadInput where the folder's own list of them names a file outside it.
    """
    state = folder / "state.json"
    if not state.is_file():
        return []
    told = read_json(state)
    names = told.get("_data_files") if isinstance(told, dict) else None
    if not isinstance(names, list) or not all(isinstance(item, dict) for item in names):
        raise BadInput(f"{state}: not a list of data files as datasets writes it; save the data set again")
    files = [folder / str(item.get("filename")) for item in names]
    inside = folder.resolve()
    if not all(path.resolve().is_relative_to(inside) for path in files):
        raise BadInput(f"{state}: names a data file outside its folder; it was made by hand, get a clean copy")
    return files


def rows_of_saved(folder: Path) -> list[dict[str, Any]]:
    """The rows of a data set that ``datasets`` saved to a folder."""
    saved_files(folder)
    datasets = datasets_library()
    with quiet():
        try:
            return list(datasets.load_from_disk(str(folder)))
        except Exception as error:
            # datasets lets every reader's own errors through; all of them mean that the folder is not what it says.
            raise BadInput(f"{folder}: cannot be read as a saved data set ({one_line(error)})") from error


def rows_of_hub(ref: str) -> tuple[list[dict[str, Any]], str, str]:
    """The rows of a dataset of the Hugging Face hub (``owner/name`` or ``owner/name:split``), a suite's name for them,
    and what they are called in messages.

    Without a split: ``test`` where there is one, else the only one. BadInput for a name, split or dataset that does
    not exist; InfraError when the hub cannot be reached (with ``HF_HUB_OFFLINE=1`` only what was downloaded before is
    found).
    """
    name, _, split = ref.partition(":")
    if not _HUB_NAME.fullmatch(name):
        raise BadInput(f"hf:{ref[:80]}: expected hf:owner/dataset or hf:owner/dataset:split")
    datasets = datasets_library()
    with quiet():
        try:
            found = datasets.load_dataset(name)
        except Exception as error:
            # datasets lets the errors of its readers and of two HTTP libraries through.
            if _is_outage(error):
                raise InfraError(
                    f"hf:{name}: the hub cannot be reached ({one_line(error)}); check the network"
                ) from error
            if isinstance(error, datasets.exceptions.DatasetNotFoundError):
                raise BadInput(f"hf:{name}: the hub has no such dataset for you ({one_line(error)})") from error
            raise BadInput(f"hf:{name}: not a dataset that can be read ({one_line(error)})") from error
    splits = sorted(map(str, found))
    chosen = split or ("test" if "test" in splits else splits[0] if len(splits) == 1 else "")
    if chosen not in splits:
        raise BadInput(f"hf:{name}: name one of its splits: {', '.join(f'hf:{name}:{one}' for one in splits)}")
    return list(found[chosen]), suite_name(name.replace("/", "-")), f"hf:{name}:{chosen}"


def _is_outage(error: BaseException) -> bool:
    """Whether an error is the network's or the hub's, and not one about what was asked for."""
    from datasets.exceptions import DatasetNotFoundError

    while True:
        if isinstance(error, DatasetNotFoundError):
            return False
        # A file that was not found is one that the hub does not have, unless a connection that failed stands behind it.
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            return True
        if type(error).__module__.split(".")[0] in ("httpx", "httpcore"):
            return True
        behind = error.__cause__ or error.__context__
        if behind is None:
            return False
        error = behind


def datasets_library() -> Any:
    """``datasets``, imported when it is needed: it is heavy."""
    import datasets

    return datasets


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars of ``datasets`` on the user's terminal, and no log lines of what it uses, but with ``-vv``."""
    datasets = datasets_library()
    hidden = datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    silenced = [] if logging.getLogger("evalrun").isEnabledFor(logging.DEBUG) else list(map(logging.getLogger, _NOISY))
    levels = [logger.level for logger in silenced]
    for logger in silenced:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(silenced, levels, strict=True):
            logger.setLevel(level)
        if not hidden:
            datasets.enable_progress_bars()


def one_line(error: Exception) -> str:
    """The error's class and the beginning of its message, on one line."""
    text: Iterable[str] = str(error).split()
    return f"{type(error).__name__}: {' '.join(text)[:200]}"
