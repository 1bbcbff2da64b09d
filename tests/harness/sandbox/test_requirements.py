"""What a suite requires: read as data, found among installed distributions, refused with one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.benchmarks import BadInput
from evalrun.benchmarks.requires import parse_requirements
from evalrun.harness.sandbox.requirements import Lacking, closure, unmet


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], ()),
        (["pandas >= 2", "NumPy", "numpy"], ("numpy", "pandas>=2")),
        (["python_dateutil[x,a] <4 ,>=2"], ("python-dateutil[a,x]<4,>=2",)),
        (["six; python_version < '3'", "six>1; python_version >= '3'"], ("six>1",)),
    ],
)
def test_requirements_have_one_normal_form(given: list[str], expected: tuple[str, ...]) -> None:
    assert parse_requirements(given) == expected
    assert parse_requirements(expected) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a requirement"),
        ("--index-url=http://x", "not a requirement"),
        ("numpy\n--index-url http://x", "not a requirement"),
        ("-r /etc/passwd", "not a requirement"),
        ("../wheel.whl", "not a requirement"),
        ("numpy @ https://example.invalid/numpy.whl", "an address is not taken"),
        ("numpy @ file:///tmp/numpy.whl", "an address is not taken"),
        ("EvalRun", "not given to answers"),
        ("numpy >= two two", "not a requirement"),
    ],
)
def test_what_is_no_plain_requirement_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        parse_requirements([text])
    assert "\n" not in str(caught.value)


def test_the_closure_holds_what_the_required_packages_require() -> None:
    names = [package.name for package in closure(["pandas"])]
    assert {"pandas", "numpy", "python-dateutil"} <= set(names)
    assert names == sorted(names)
    assert "pytest" not in names  # an extra that nobody asked for


def test_no_script_no_startup_hook_and_no_path_of_this_machine_is_copied() -> None:
    for package in closure(["numpy", "setuptools"]):
        assert not [name for name in package.files if ".." in name or name.endswith((".pyc", ".pth"))]
        assert not [name for name in package.files if name.endswith(("RECORD", "direct_url.json"))]


@pytest.mark.parametrize(
    ("text", "why"),
    [("numpy<1", "numpy<1 is installed as "), ("no-such-package-of-ours", "no-such-package-of-ours is not installed")],
)
def test_what_is_lacking_is_named(text: str, why: str) -> None:
    with pytest.raises(Lacking, match=why):
        closure([text])


def _distribution(folder: Path, name: str, files: list[str], requires: str = "") -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    for one in files:
        (folder / one).touch()
    wanted = f"Requires-Dist: {requires}\n" if requires else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{wanted}")
    (info / "RECORD").write_text("".join(f"{one},,\n" for one in [*files, f"{info.name}/METADATA"]))


def test_a_circle_of_requirements_ends_and_who_asks_is_named(tmp_path: Path) -> None:
    _distribution(tmp_path, "one", ["one.py"], "two")
    _distribution(tmp_path, "two", ["two.py"], "one")
    assert [package.name for package in closure(["one"], [str(tmp_path)])] == ["one", "two"]
    _distribution(tmp_path, "three", ["three.py"], "absent")
    with pytest.raises(Lacking, match=r"absent \(required by three\) is not installed"):
        closure(["three"], [str(tmp_path)])


@pytest.mark.parametrize(
    ("files", "why"), [(["__editable__.one.pth"], "editable form"), ([], "without a record of its files")]
)
def test_what_cannot_be_copied_is_lacking(tmp_path: Path, files: list[str], why: str) -> None:
    _distribution(tmp_path, "one", files)
    with pytest.raises(Lacking, match=why):
        closure(["one"], [str(tmp_path)])


def test_versions_told_by_an_image_are_compared_and_nothing_more() -> None:
    assert unmet(["numpy>=2", "pandas"], {"numpy": "2.1", "pandas": "3"}) == ""
    assert unmet(["numpy>=2"], {"numpy": "1.26"}) == "numpy>=2 (found 1.26)"
    assert unmet(["numpy>=2"], {}) == "numpy>=2 (not installed)"
    assert unmet(["numpy>=2"], {"numpy": "\x1b[31m not a version"}).startswith("numpy>=2")
