"""What every test has: caches of its own, no hub, and a plain word on what this machine lacks.

A test that needs something of the machine says so with a marker (`docker`, `browser`, `bwrap`) or asks the fixture
`require`. Where the thing is absent the test is skipped with the reason, unless the environment variable
EVALRUN_REQUIRE (a comma-separated list) names it: then its absence is a failure.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parent.parent

settings.register_profile("evalrun", deadline=None, print_blob=True)
settings.register_profile("evalrun-ci", deadline=None, print_blob=True, derandomize=True, database=None)


def pytest_configure(config: pytest.Config) -> None:
    """Point every cache into a folder of this test run, before anything that reads these variables is imported."""
    # A shell that starts us in the background ignores SIGINT, and every process started from here would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="evalrun-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ.update(
        EVALRUN_CACHE_DIR=str(home / "evalrun"),
        HF_HOME=str(home / "huggingface"),
        HF_HUB_OFFLINE="1",
        HF_EVALUATE_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_DATASETS_DISABLE_PROGRESS_BARS="1",
        MPLBACKEND="agg",
        MPLCONFIGDIR=str(home / "matplotlib"),
    )
    for name in ("HF_DATASETS_CACHE", "HF_METRICS_CACHE", "HF_EVALUATE_CACHE", "HF_MODULES_CACHE", "HF_HUB_CACHE"):
        os.environ.pop(name, None)
    settings.load_profile("evalrun-ci" if os.environ.get("CI") else "evalrun")


def _lack_of_docker() -> str | None:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=10)
    except DockerException as error:
        return f"no Docker engine answers: {error}"
    try:
        client.ping()
    except (DockerException, OSError) as error:
        return f"no Docker engine answers: {error}"
    finally:
        client.close()
    return None


def _find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


def _lack_of_browser() -> str | None:
    return None if _find_chromium() else "no Chromium on PATH"


def _lack_of_bwrap() -> str | None:
    program = shutil.which("bwrap")
    if program is None:
        return "no bubblewrap (bwrap) on PATH"
    trial = [program, "--unshare-all", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(trial, capture_output=True, text=True, timeout=30, check=False)
    return None if done.returncode == 0 else f"bubblewrap cannot make a sandbox here: {done.stderr.strip()}"


def _shared_data_folder() -> Path:
    return Path(os.environ.get("EVALRUN_SHARED_DATA") or CHECKOUT.parent / "shared" / "data")


def _lack_of_shared_data() -> str | None:
    folder = _shared_data_folder()
    return None if folder.is_dir() else f"no shared data at {folder} (EVALRUN_SHARED_DATA names another place)"


def _lack_of_axe() -> str | None:
    found = importlib.util.find_spec("axe_playwright_python")
    return None if found else "no axe-core: pip install -e '.[browser]'"


LACK_OF: dict[str, Callable[[], str | None]] = {
    "docker": functools.cache(_lack_of_docker),
    "browser": functools.cache(_lack_of_browser),
    "bwrap": functools.cache(_lack_of_bwrap),
    "axe": functools.cache(_lack_of_axe),
    "shared_data": functools.cache(_lack_of_shared_data),
}
MARKERS_OF_NEED = ("docker", "browser", "bwrap")


def _require(need: str) -> None:
    lack = LACK_OF[need]()
    if lack is None:
        return
    demanded = [name.strip() for name in os.environ.get("EVALRUN_REQUIRE", "").split(",")]
    if need in demanded:
        pytest.fail(f"EVALRUN_REQUIRE names {need!r}, but {lack}", pytrace=False)
    pytest.skip(lack)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail where it was demanded, a test whose marker names what this machine lacks."""
    for need in MARKERS_OF_NEED:
        if item.get_closest_marker(need):
            _require(need)


@pytest.fixture(scope="session")
def require() -> Callable[[str], None]:
    """`require("docker")` skips the test where there is none, or fails it where EVALRUN_REQUIRE demands one."""
    return _require


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout these tests lie in."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real benchmark files that lies beside the checkout, read-only."""
    _require("shared_data")
    return _shared_data_folder()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; a test that uses it also carries the marker `browser`."""
    _require("browser")
    path = _find_chromium()
    assert path is not None
    return path
