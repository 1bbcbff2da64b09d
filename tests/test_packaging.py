"""The wheel holds the four rooms under one import root, and nothing else; the dependencies are the imported ones."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from importlib.metadata import EntryPoint, packages_distributions
from pathlib import Path, PurePosixPath

import pytest

import evalrun

ROOMS = ("benchmarks", "harness", "evolvers", "leaderboard")
FROM_AN_EXTRA = {"dask", "distributed", "zstandard"}
LATER = {"tomllib"}  # of the standard library since Python 3.11
OURSELVES = {"evalrun", "plain"}  # what is loaded by path, outside the package, imports its neighbours by name


@pytest.fixture(scope="module")
def tracked(checkout: Path) -> list[PurePosixPath]:
    """Every file of the checkout that git tracks and that is there."""
    try:
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git checkout: {error}")
    names = (PurePosixPath(name) for name in listing.stdout.split("\0") if name)
    return [name for name in names if (checkout / name).is_file()]


@pytest.fixture(scope="module")
def wheel(
    checkout: Path, tracked: list[PurePosixPath], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[zipfile.ZipFile]:
    """The wheel built from the tracked files alone, in a folder whose name is not the package's."""
    folder = tmp_path_factory.mktemp("packaging")
    source, out = folder / "some-checkout", folder / "dist"
    for name in tracked:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkout / name, source / name)
    out.mkdir()
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, str(out)], cwd=source, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"the wheel cannot be built: {done.stderr.strip().splitlines()[-1]}", pytrace=False)
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        yield archive


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(
    wheel: zipfile.ZipFile, tracked: list[PurePosixPath]
) -> None:
    in_rooms = {f"evalrun/{name}" for name in tracked if name.parts[0] in ROOMS}
    expected = in_rooms | {"evalrun/__init__.py", "evalrun/py.typed"}
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert expected - shipped == set(), "setup.cfg: name their package in `packages`, or their kind in `package_data`"
    assert shipped - expected == set()


def test_the_version_has_one_source(metadata: Message) -> None:
    assert metadata["Version"] == evalrun.__version__


def test_the_licence_is_named_and_shipped(metadata: Message, wheel: zipfile.ZipFile) -> None:
    assert "Apache-2.0" in (metadata["License"], metadata["License-Expression"])
    assert [name for name in wheel.namelist() if name.endswith("LICENSE")]


def test_every_entry_point_names_something_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    config = configparser.ConfigParser(delimiters=("=",))
    config.read_string(wheel.read(name).decode())

    entries = [EntryPoint(key, value, group) for group in config.sections() for key, value in config.items(group)]
    lost = [entry for entry in entries if not _names_something(entry, wheel)]

    assert {entry.group for entry in entries} >= {"console_scripts", "evalrun.commands"}
    assert lost == []


def _names_something(entry: EntryPoint, wheel: zipfile.ZipFile) -> bool:
    path = entry.module.replace(".", "/")
    sources = [wheel.read(name).decode() for name in (f"{path}.py", f"{path}/__init__.py") if name in wheel.namelist()]
    return any(re.search(rf"\b{re.escape(entry.attr)}\b", source) for source in sources)


def test_what_the_rooms_import_is_declared_and_nothing_more(
    checkout: Path, tracked: list[PurePosixPath], metadata: Message
) -> None:
    sources = [checkout / name for name in tracked if name.parts[0] in ROOMS and name.suffix == ".py"]
    imported = {module for source in sources for module in _imports(source)} - set(sys.stdlib_module_names) - LATER
    distributions = packages_distributions()
    used = {_normal(distributions.get(module, [module])[0]) for module in imported - FROM_AN_EXTRA - OURSELVES}
    declared = {
        _normal(re.split(r"[ <>=!~;\[]", requirement)[0])
        for requirement in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in requirement
    }

    assert used - declared == set()
    assert declared - used == set()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imports(source: Path) -> set[str]:
    """Top-level names of all absolute imports of a file, those inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.slow
def test_the_installed_wheel_answers_without_the_checkout(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        "import sys, evalrun; from evalrun.harness.cli import main; print(evalrun.__file__); sys.exit(main(['--help']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert Path(done.stdout.splitlines()[0]).is_relative_to(tmp_path)
    assert "quickstart" in done.stdout
