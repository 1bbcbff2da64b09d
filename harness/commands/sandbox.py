"""`evalrun sandbox`: make the image, see what works here, clean up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...benchmarks.errors import BadInput, InfraError
from .sandbox_attack import attack

if TYPE_CHECKING:
    from ..sandbox.docker_engine import Engine


@click.group(name="sandbox", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Where answers are run: build its image, see what works on this machine.

    \b
    Examples:
      evalrun sandbox doctor
      evalrun sandbox build                        # registry if reachable, else this machine's Python
      evalrun sandbox build --from host            # air-gapped: from this machine's Python
      evalrun sandbox build --rootfs bookworm.tar  # from a root filesystem archive with a python3
      evalrun sandbox build --requires numpy --requires 'pandas>=2'
      evalrun sandbox prune --images
    """


@command.command()
@click.option(
    "--from",
    "source",
    type=click.Choice(["auto", "dockerfile", "host"]),
    default="auto",
    show_default=True,
    help="dockerfile: on a registry's base image; host: from this machine's own Python; auto: the first that works.",
)
@click.option("--rootfs", type=click.Path(path_type=Path), help="A root filesystem archive (.tar, .tar.gz, .tar.xz).")
@click.option("--base", help="Base image for --from dockerfile.", metavar="IMAGE")
@click.option(
    "--requires", multiple=True, metavar="PACKAGE", help="A package that answers may import (PEP 508); repeatable."
)
@click.option(
    "--tag",
    help="Name of the image; by default EVALRUN_SANDBOX_IMAGE, else the name under which runs look for one with these "
    "packages (evalrun-sandbox:latest without any).",
)
def build(source: str, rootfs: Path | None, base: str | None, requires: tuple[str, ...], tag: str | None) -> None:
    """Make the Docker image that answers run in."""
    from ...benchmarks.requires import parse_requirements
    from ..sandbox import docker_image as images
    from ..sandbox.docker_engine import connect
    from ..sandbox.tarball import require_tar

    parsed = parse_requirements(requires)
    name = tag or images.named_image() or images.built_name(parsed)
    if ":" not in name.rpartition("/")[2]:
        name += ":latest"
    if base is not None and (source == "host" or rootfs is not None):
        other = "--rootfs" if rootfs is not None else "--from host"
        raise BadInput(f"--base is for --from dockerfile: leave out --base or {other}")
    if rootfs is not None and parsed:
        raise BadInput(
            "--rootfs brings its own packages: leave out --requires, and name the image in EVALRUN_SANDBOX_IMAGE; "
            "whether it has what a suite requires is looked up in it"
        )
    if rootfs is not None:
        require_tar(rootfs)
    with closing(connect()) as engine:
        images.image_digest(engine, name)  # refuses what cannot be a name before anything is made
        if rootfs is not None:
            made, how = images.build_from_rootfs(engine, name, rootfs), str(rootfs)
        elif source == "host":
            made, how = _from_host(engine, name, parsed), "this machine's Python"
        else:
            chosen = base or images.BASE_IMAGE
            how = chosen
            try:
                made = images.build_from_dockerfile(engine, name, chosen, parsed)
            except InfraError as error:
                if source == "dockerfile" or base is not None:
                    raise
                click.echo(f"no base image from a registry ({error}); taking this machine's own Python", err=True)
                made, how = _from_host(engine, name, parsed), "this machine's Python"
    click.echo(f"{name} is made from {how}: {made}")


def _from_host(engine: Engine, name: str, requires: tuple[str, ...]) -> str:
    from ..sandbox.docker_image import host_image, tag_image
    from ..sandbox.rootfs import recipe

    image = host_image(engine, recipe(requires))
    tag_image(engine, image.id, name)
    return image.id


@command.command()
def doctor() -> None:
    """Try every kind of sandbox with a real program and say what to do about those that fail.

    Exit code 0 when answers can be scored here in isolation, else 5.
    """
    from ..sandbox.doctor import examine

    isolated = False
    for found in examine():
        click.echo(f"{'ok  ' if found.works else 'FAIL'}  {found.kind:<8} {found.detail}")
        for note in found.notes:
            click.echo(f"      {'':<8} {note}")
        if found.advice:
            click.echo(f"      {'':<8} -> {found.advice}")
        isolated = isolated or (found.works and found.kind != "process")
    if not isolated:
        raise InfraError("no isolated sandbox works here; do one of the things named above")


@command.command()
@click.option(
    "--images", is_flag=True, help="Also images, root filesystems and packages that evalrun made and uses no more."
)
def prune(images: bool) -> None:
    """Remove sandbox containers whose evalrun is gone.

    Those of living evalruns stay, and those of other machines that use the same engine: prune there.
    """
    _prune(images)


@command.command(hidden=True)
def clean() -> None:
    """The former name of prune."""
    _prune(False)


def _prune(images: bool) -> None:
    from ..sandbox.docker_engine import connect
    from ..sandbox.docker_image import prune_images
    from ..sandbox.docker_orphans import remove_orphans

    if images:
        _prune_folders()
    with closing(connect()) as engine:
        swept = remove_orphans(engine)
        click.echo(f"removed {_count(len(swept.removed), 'container')}")
        for number in swept.removed:
            click.echo(f"  {number[:12]}")
        if swept.foreign:
            click.echo(f"left {_count(swept.foreign, 'container')} of other machines or of a living evalrun elsewhere")
        if images:
            names = prune_images(engine)
            click.echo(f"removed {_count(len(names), 'image')}")
            for name in names:
                click.echo(f"  {name}")
    if swept.failed:
        shown = ", ".join(number[:12] for number in swept.failed)
        raise InfraError(f"the engine could not remove {_count(len(swept.failed), 'container')}: {shown}")


def _prune_folders() -> None:
    from ..sandbox import keeping
    from ..sandbox.packages import PACKAGES_GROUP
    from ..sandbox.rootfs import ROOTFS_GROUP, recipe

    removed = keeping.prune(ROOTFS_GROUP, keep=[recipe().key]) + keeping.prune(PACKAGES_GROUP, unused_days=30)
    click.echo(f"removed {_count(len(removed), 'folder')} of the cache")
    for folder in removed:
        click.echo(f"  {folder}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


command.add_command(attack)
