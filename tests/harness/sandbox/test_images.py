"""Images and root filesystems: the same of the same, with the packages that a suite requires, made once, pruned."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from click.testing import CliRunner

from evalrun.benchmarks import BadInput, InfraError
from evalrun.harness.commands.sandbox import command
from evalrun.harness.sandbox import CallsJob, CheckJob, Kind, bwrap, docker_image, keeping, open_sandbox, rootfs
from evalrun.harness.sandbox.docker_engine import Engine, connect

pytestmark = [
    pytest.mark.sandbox,
    # The Docker SDK leaves the connection of a build to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SCIENCE = CallsJob(
    """
import sys
import numpy, pandas
def f():
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": list("xyx")})
    inverse = numpy.linalg.inv(numpy.eye(3) * 2)
    return [int(frame.groupby("b").a.sum()["x"]), float(inverse.sum()), pandas.__cached__, pandas.__file__]
""",
    "f",
    ((),),
)
PLAIN = CallsJob("def f():\n    import sys\n    return [p for p in sys.path if 'packages' in p]\n", "f", ((),))


@pytest.fixture
def engine(require: Any) -> Iterator[Engine]:
    """The engine here."""
    require("docker")
    with closing(connect()) as found:
        yield found


@pytest.fixture
def tag() -> Iterator[str]:
    """A name for an image that is removed after the test."""
    name = f"evalrun-test-{os.getpid()}:{time.monotonic_ns()}"
    yield name
    subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False)


ISOLATED = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("bwrap", marks=pytest.mark.bwrap)]


@pytest.mark.parametrize("kind", ISOLATED)
def test_numpy_and_pandas_work_in_the_sandbox_and_are_compiled(kind: Kind) -> None:
    with open_sandbox(kind, workers=1, requires=["pandas", "numpy"]) as sandbox:
        outcome = sandbox.submit(SCIENCE).result()
        assert outcome.status == "ok", outcome
        total, inverse, cached, file = outcome.calls[0].value
        assert (total, inverse) == (4, 1.5)
        assert file == f"{rootfs.SITE_PACKAGES}/pandas/__init__.py"
        assert outcome.cpu_s < 1.5, "without compiled modules the import alone takes that long"
        info = sandbox.info.to_json()
    assert cached.startswith(rootfs.SITE_PACKAGES)
    assert [pin.split("==")[0] for pin in info["requires"]][:2] == ["numpy", "pandas"]
    assert info["image"].startswith("sha256:" if kind == "docker" else "rootfs:")


IN_JUDGE = """
import sys
there = [name for name in ("numpy", "pandas") if name in sys.modules]
IMPORTS
def check(candidate):
    got = candidate()
    assert there == VALUES["there"], there
"""


@pytest.mark.parametrize("kind", ISOLATED)
def test_a_judge_has_loaded_what_its_test_its_values_or_the_answer_need(kind: Kind) -> None:
    """Importing numpy takes a judge 0.05 to 0.1 s, and pandas 0.2 to 0.7 s."""
    plain, array = "def f():\n    return 1\n", "import numpy\ndef f():\n    return numpy.ones(3)\n"
    expected = numpy.ones(3)

    def job(source: str, imports: str, there: list[str], **values: Any) -> CheckJob:
        return CheckJob(source, "f", IN_JUDGE.replace("IMPORTS", imports), values={"there": there, **values})

    jobs = [
        job(plain, "", []),
        job(array, "", ["numpy"]),
        job(plain, "import numpy as np", ["numpy"]),
        job(plain, "", ["numpy"], expected=expected),
        job(plain, "import pandas as pd", ["numpy", "pandas"]),
        job(plain, "", ["numpy", "pandas"], expected=pandas.Series([1, 2])),
        job(plain, "", ["numpy"], program="import numpy\n"),
        job(plain, "", []),
    ]
    with open_sandbox(kind, workers=1, requires=["pandas", "numpy"]) as sandbox:
        for each in jobs:
            outcome = sandbox.submit(each).result()
            assert outcome.judged == "pass", (each, outcome)


@pytest.mark.parametrize("kind", ISOLATED)
def test_an_answer_that_is_given_an_array_does_not_pay_for_loading_numpy(kind: Kind) -> None:
    source = "import sys\nthere = 'numpy' in sys.modules\ndef f(x):\n    return there\n"
    with open_sandbox(kind, workers=1, requires=["numpy"]) as sandbox:
        for given, there in ((numpy.ones(3), True), (1, False)):
            assert sandbox.submit(CallsJob(source, "f", ((given,),))).result().calls[0].value is there


@pytest.mark.parametrize("kind", ISOLATED)
def test_nothing_but_what_is_required_can_be_imported(kind: Kind) -> None:
    job = CallsJob("def f():\n    import numpy\n", "f", ((),))
    with open_sandbox(kind, workers=1) as sandbox:
        assert sandbox.submit(job).result().calls[0].raised == "ModuleNotFoundError"
        assert sandbox.info.requires == ()


def test_trusted_code_in_a_plain_process_needs_the_packages_of_this_python() -> None:
    with open_sandbox("process", workers=1, requires=["numpy"]) as sandbox:
        assert sandbox.info.requires[0].startswith("numpy==")
    with pytest.raises(BadInput, match="no-such-package-of-ours is not installed"):
        open_sandbox("process", requires=["no-such-package-of-ours"])


@pytest.mark.slow
def test_the_same_input_gives_the_same_archive_and_another_machine_s_clock_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        library = _compiled_modules()
        made = []
        for name in ("one", "two"):
            monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path / secrets.token_hex(4)))
            rootfs.write_rootfs(tmp_path / f"{name}.tar", rootfs.recipe(["packaging"]))
            made.append((tmp_path / f"{name}.tar").read_bytes())
            os.utime(tmp_path / f"{name}.tar")
        if _compiled_modules() == library:  # else this Python was at work meanwhile: its compiled modules are input too
            break
    same = made[0] == made[1]  # apart from the assertion, which would show millions of bytes
    assert same
    assert str(tmp_path).encode() not in made[0]


def _compiled_modules() -> dict[str, int]:
    """This Python's compiled modules and their times: whoever first imports one, writes it."""
    library = Path(sysconfig.get_path("stdlib"))
    return {str(path): path.stat().st_mtime_ns for path in library.rglob("__pycache__/*.pyc")}


@pytest.mark.docker
def test_an_image_made_twice_has_one_id(
    engine: Engine, tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        library = _compiled_modules()
        made = []
        for name in (tag, tag + "-again"):
            monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path / secrets.token_hex(4)))
            made.append(docker_image.build_from_host(engine, name))
        if _compiled_modules() == library:
            break
    assert made[0] == made[1]
    assert docker_image.host_image(engine, rootfs.recipe()).name.startswith("evalrun-sandbox:host-")
    subprocess.run(["docker", "rmi", tag + "-again"], capture_output=True, check=True)


def test_the_key_names_python_requirements_and_versions() -> None:
    plain, packed = rootfs.recipe(), rootfs.recipe(["packaging"])
    assert plain.key == rootfs.recipe([]).key
    assert len({plain.key, packed.key, rootfs.recipe(["packaging>=1"]).key}) == 3
    assert packed.pins[0].startswith("packaging==")


# --- what is not installed beside evalrun ---


def _wheel(folder: Path, name: str) -> None:
    info = f"{name}-1.2.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "VALUE = 42\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip is configured for, and nothing else."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.bwrap
def test_what_is_not_installed_here_is_got_by_pip_once(index: Path) -> None:
    _wheel(index, "oneofours")
    job = CallsJob("import oneofours\ndef f():\n    return oneofours.VALUE\n", "f", ((),))
    for _ in range(2):
        with open_sandbox("bwrap", workers=1, requires=["oneofours>1"]) as sandbox:
            assert sandbox.submit(job).result().calls[0].value == 42
            assert sandbox.info.requires == ("oneofours==1.2",)
        (index / "oneofours-1.2-py3-none-any.whl").unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ISOLATED)
def test_a_requirement_that_nothing_provides_is_one_line_that_says_what_to_do(index: Path, kind: Kind) -> None:
    with pytest.raises(InfraError, match="no-such-package-of-ours is not installed") as caught:
        open_sandbox(kind, requires=["numpy", "no-such-package-of-ours"])
    message = str(caught.value)
    assert "pip install" in message
    assert "--from dockerfile" in message
    assert "\n" not in message
    assert not list((index / "cache" / "packages").glob("*.making"))


def test_no_source_distribution_is_built_on_this_machine(index: Path) -> None:
    import tarfile

    source = index / "evilofours-1.0"
    source.mkdir()
    (source / "setup.py").write_text(f"open({str(index / 'ran')!r}, 'w')\nfrom setuptools import setup\nsetup()\n")
    with tarfile.open(index / "evilofours-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "evilofours-1.0")
    with pytest.raises(InfraError, match="evilofours"):
        open_sandbox("bwrap", requires=["evilofours"])
    assert not (index / "ran").exists()


# --- images that the user makes ---


@pytest.mark.docker
def test_build_takes_packages_and_runs_find_that_image(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALRUN_SANDBOX_IMAGE", raising=False)
    done = CliRunner().invoke(command, ["build", "--from", "host", "--requires", "Packaging", "--requires", "idna"])
    assert done.exit_code == 0, done.output
    name = docker_image.built_name(("idna", "packaging"))
    try:
        assert name in done.output
        found = docker_image.choose_image(engine, ["idna", "packaging"])
        assert found.name == name
        assert found.id in done.output
        assert [pin.split("==")[0] for pin in found.pins] == ["idna", "packaging"]
    finally:
        subprocess.run(["docker", "rmi", name], capture_output=True, check=False)


@pytest.mark.docker
def test_the_dockerfile_takes_packages_and_what_it_made_is_asked_for_its_versions(
    engine: Engine, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_image.build_from_host(engine, tag, rootfs.recipe(["pip"]))
    built = tag + "-built"
    try:
        done = CliRunner().invoke(command, ["build", "--base", tag, "--requires", "pip", "--tag", built])
        assert done.exit_code == 0, done.output
        monkeypatch.setenv("EVALRUN_SANDBOX_IMAGE", built)
        with open_sandbox("docker", workers=1, requires=["pip"]) as sandbox:
            assert sandbox.submit(PLAIN).result().calls[0].value == [rootfs.SITE_PACKAGES]
            assert sandbox.info.requires[0].startswith("pip==")
        with pytest.raises(BadInput, match=r"lacks numpy>=2 \(not installed\)"):
            open_sandbox("docker", workers=1, requires=["numpy>=2"])
        done = CliRunner().invoke(command, ["build", "--base", tag, "--requires", "no-such-package-of-ours"])
        assert isinstance(done.exception, InfraError)
        assert "no-such-package-of-ours" in str(done.exception)
        assert "\n" not in str(done.exception)
    finally:
        subprocess.run(["docker", "rmi", "-f", built], capture_output=True, check=False)


def test_an_archive_brings_its_own_packages(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["build", "--rootfs", str(tmp_path / "x.tar"), "--requires", "numpy"])
    assert isinstance(done.exception, BadInput)
    done = CliRunner().invoke(command, ["build", "--requires", "numpy @ http://x"])
    assert isinstance(done.exception, BadInput)


@pytest.mark.docker
def test_an_image_of_another_architecture_is_not_made_from_here(engine: Engine) -> None:
    from dataclasses import replace

    engine.__dict__["facts"] = replace(engine.facts, architecture="sparc64")
    with pytest.raises(InfraError, match="the engine runs sparc64"):
        docker_image.build_from_host(engine, "evalrun-test:never")


@pytest.mark.docker
def test_prune_removes_images_that_are_no_longer_what_would_be_made_and_says_which(
    engine: Engine, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale, present = "evalrun-sandbox:host-stale-of-a-test", docker_image.host_image(engine, rootfs.recipe()).name
    old = rootfs.Recipe("an-old-key", (), ())
    monkeypatch.setattr(docker_image, "write_rootfs", lambda target, _: rootfs.write_rootfs(target))
    docker_image.build_from_host(engine, stale, old)
    docker_image.build_from_host(engine, tag, rootfs.Recipe("another-old-key", (), ()))
    everything = engine.client.api.images(filters={"label": docker_image.IMAGE_LABEL})
    ours = [image for image in everything if {stale, present, tag} & set(image.get("RepoTags") or ())]
    assert len(ours) == 3
    monkeypatch.setattr(engine.client.api, "images", lambda **_: ours)  # other sessions use this engine too
    user = engine.client.api.create_container(stale, command=["python3"])["Id"]
    try:
        assert docker_image.prune_images(engine) == ()  # a container is made of it
    finally:
        engine.client.api.remove_container(user)
    assert docker_image.prune_images(engine) == (stale,)
    assert docker_image.image_digest(engine, present) is not None
    assert docker_image.image_digest(engine, tag) is not None


# --- folders of the cache ---


MAKER = """
import sys
from evalrun.harness.sandbox import rootfs
print(rootfs.unpacked_rootfs(rootfs.recipe(["packaging"])))
"""


def test_processes_that_want_one_folder_at_once_make_it_once(tmp_path: Path) -> None:
    environment = {**os.environ, "EVALRUN_CACHE_DIR": str(tmp_path)}
    makers = [
        subprocess.Popen([sys.executable, "-c", MAKER], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = {maker.communicate(timeout=120)[0] for maker in makers}
    assert len(said) == 1
    assert Path(said.pop().strip()).is_dir()
    assert [path.name for path in (tmp_path / "rootfs").iterdir() if path.name.endswith(".making")] == []


def test_a_half_made_folder_of_a_killed_maker_is_removed_and_one_in_the_making_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path))
    keeping.make_once("things", "a", lambda folder: (folder / "x").touch())
    (tmp_path / "things" / "dead.making").mkdir()
    (tmp_path / "things" / "alive.making").mkdir()
    held = keeping.hold(tmp_path / "things" / "alive")
    keeping.make_once("things", "b", lambda folder: (folder / "x").touch())
    os.close(held)
    names = sorted(path.name for path in (tmp_path / "things").iterdir() if not path.name.startswith("."))
    assert names == ["a", "alive.making", "b"]


def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path))

    def fill(folder: Path) -> None:
        (folder / "some").touch()
        raise OSError(28, "No space left on device")

    with pytest.raises(InfraError, match="No space left on device"):
        keeping.make_once("things", "a", fill)
    assert [path for path in (tmp_path / "things").iterdir() if path.is_dir()] == []


@pytest.mark.bwrap
def test_pruning_leaves_the_root_filesystem_of_a_running_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALRUN_CACHE_DIR", str(tmp_path))
    backend = bwrap.BwrapBackend(rootfs.recipe(["packaging"]))
    assert keeping.prune(rootfs.ROOTFS_GROUP) == []
    backend.close()
    assert len(keeping.prune(rootfs.ROOTFS_GROUP)) == 1


@pytest.mark.docker
def test_labels_that_are_no_list_of_texts_are_no_packages(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("{", '{"a": 1}', json.dumps(None), "[]"):
        told = {"Config": {"Labels": {"x": text}}}
        monkeypatch.setattr(engine.client.api, "inspect_image", lambda _, told=told: told)
        assert docker_image._label(engine, "any", "x") == ()
