"""`evalrun sandbox`: make the image, see what works here, clean up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from ...benchmarks.errors import InfraError
from .sandbox_attack import attack


@click.group(name="sandbox", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Where answers are run: build its image, see what works on this machine.

    \b
    Examples:
      evalrun sandbox doctor
      evalrun sandbox build                        # registry if reachable, else this machine's Python
      evalrun sandbox build --from host            # air-gapped: from this machine's Python
      evalrun sandbox build --rootfs bookworm.tar  # from a root filesystem archive with a python3
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
@click.option("--tag", help="Name of the image; EVALRUN_SANDBOX_IMAGE or evalrun-sandbox:latest by default.")
def build(source: str, rootfs: Path | None, base: str | None, tag: str | None) -> None:
    """Make the Docker image that answers run in."""
    from ..sandbox import docker_engine as engine

    name = tag or engine.image_name()
    if ":" not in name:
        name += ":latest"
    with closing(engine.connect()) as client:
        engine.image_digest(client, name)  # refuses what cannot be a name before anything is made
        if rootfs is not None:
            made, how = engine.build_from_rootfs(client, name, rootfs), str(rootfs)
        elif source == "host":
            made, how = engine.build_from_host(client, name), "this machine's Python"
        elif source == "dockerfile" or base is not None:
            made, how = engine.build_from_dockerfile(client, name, base or engine.BASE_IMAGE), base or engine.BASE_IMAGE
        else:
            try:
                made, how = engine.build_from_dockerfile(client, name), engine.BASE_IMAGE
            except InfraError as error:
                click.echo(f"no base image from a registry ({error}); taking this machine's own Python", err=True)
                made, how = engine.build_from_host(client, name), "this machine's Python"
    click.echo(f"{name} is made from {how}: {made}")


@command.command()
def doctor() -> None:
    """Try every kind of sandbox with a real program and say what to do about those that fail.

    Exit code 0 when answers can be scored here in isolation, else 5.
    """
    from ..sandbox.doctor import examine

    isolated = False
    for found in examine():
        click.echo(f"{'ok  ' if found.works else 'FAIL'}  {found.kind:<8} {found.detail}")
        if found.advice:
            click.echo(f"      {'':<8} -> {found.advice}")
        isolated = isolated or (found.works and found.kind != "process")
    if not isolated:
        raise InfraError("no isolated sandbox works here; do one of the things named above")


@command.command()
def clean() -> None:
    """Remove sandbox containers whose evalrun is gone."""
    from ..sandbox import docker_engine as engine

    with closing(engine.connect()) as client:
        removed = engine.remove_orphans(client)
    click.echo(f"removed {removed} container{'s' if removed != 1 else ''}")


command.add_command(attack)
