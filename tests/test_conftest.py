"""What the suite does about a need the machine does not meet, tried in a pytest of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NEEDY = {
    "docker": "import pytest\n@pytest.mark.docker\ndef test_it(): pass\n",
    "browser": "import pytest\n@pytest.mark.browser\ndef test_it(): pass\n",
    "bwrap": "def test_it(require): require('bwrap')\n",
    "shared_data": "def test_it(shared_data): pass\n",
}


def _run_on_a_machine_that_has_nothing(source: str, checkout: Path, folder: Path, required: str) -> str:
    shutil.copyfile(checkout / "tests" / "conftest.py", folder / "conftest.py")
    (folder / "test_needy.py").write_text(source)
    empty = folder / "empty"
    empty.mkdir()
    environment = {
        **os.environ,
        "PATH": str(empty),
        "DOCKER_HOST": f"unix://{empty}/docker.sock",
        "EVALRUN_SHARED_DATA": str(empty / "data"),
        "EVALRUN_REQUIRE": required,
    }
    command = [sys.executable, "-m", "pytest", "-c", str(checkout / "pyproject.toml"), "--rootdir", str(folder)]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("need", sorted(NEEDY))
def test_an_absent_need_skips_with_the_reason(need: str, checkout: Path, tmp_path: Path) -> None:
    output = _run_on_a_machine_that_has_nothing(NEEDY[need], checkout, tmp_path, required="something_else")

    assert "1 skipped" in output
    assert "SKIPPED [1]" in output
    assert "no " in output.partition("SKIPPED [1]")[2].splitlines()[0]


@pytest.mark.parametrize("need", sorted(NEEDY))
def test_an_absent_need_fails_where_it_is_demanded(need: str, checkout: Path, tmp_path: Path) -> None:
    output = _run_on_a_machine_that_has_nothing(NEEDY[need], checkout, tmp_path, required=f"other, {need}")

    assert "skipped" not in output
    assert f"EVALRUN_REQUIRE names '{need}', but no " in output


def test_tests_write_to_no_cache_of_the_users() -> None:
    home = Path(os.environ["EVALRUN_CACHE_DIR"]).parent

    assert home.name.startswith("evalrun-tests-")
    assert Path(os.environ["HF_HOME"]).parent == home
    assert os.environ["HF_HUB_OFFLINE"] == os.environ["HF_EVALUATE_OFFLINE"] == "1"
