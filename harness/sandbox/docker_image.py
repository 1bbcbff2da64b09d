"""The images that containers are made of: which one to use, how it is made, when it is garbage."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...benchmarks.errors import BadInput, InfraError
from ...benchmarks.jsonio import digest
from ...benchmarks.requires import parse_requirements
from .docker_engine import LABEL, Engine, reason
from .docker_trial import installed_versions
from .requirements import unmet
from .rootfs import PREFIX, VERSION, Recipe, recipe, write_rootfs
from .tarball import architecture, write_image

REPOSITORY = "evalrun-sandbox"
IMAGE = f"{REPOSITORY}:latest"
BASE_IMAGE = "python:3.12-slim"
IMAGE_LABEL = f"{LABEL}.image"
_PACKAGES = f"{LABEL}.packages"
_REQUIRES = f"{LABEL}.requires"
_HOST_PREFIX = "host-"
_ROOTFS_PATH = f"/{PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Image:
    """An image by its id, so that a name given to another one meanwhile changes nothing.

    pins: the required packages in it, with versions. make: makes the same image once more, where that can be done.
    """

    id: str
    name: str
    pins: tuple[str, ...] = ()
    make: Callable[[], str] | None = None

    def again(self, error: Exception) -> Image:
        """The image, after the engine said that it is gone; InfraError when it does not come back as it was."""
        made = None if self.make is None else self.make()
        if made == self.id:
            return self
        how = "make it again with `evalrun sandbox build`" if made is None else "start again to use what is there now"
        raise InfraError(f"the image {self.name} was removed from the engine meanwhile; {how}") from error


def named_image() -> str | None:
    """The image that the user chose by EVALRUN_SANDBOX_IMAGE."""
    return os.environ.get("EVALRUN_SANDBOX_IMAGE") or None


def built_name(requires: Sequence[str]) -> str:
    """The name under which `evalrun sandbox build` leaves an image for these requirements (parsed)."""
    return f"{REPOSITORY}:requires-{digest(list(requires))[:12]}" if requires else IMAGE


def choose_image(engine: Engine, requires: Iterable[str] = ()) -> Image:
    """The image to use.

    The one that EVALRUN_SANDBOX_IMAGE names, else what `evalrun sandbox build` made, else one made of this machine's
    own Python, which is kept under a name made of its content. InfraError or BadInput when it lacks a requirement.
    """
    parsed = parse_requirements(requires)
    named = named_image()
    name = named or built_name(parsed)
    found = image_digest(engine, name)
    if found is None:
        if named is not None:
            raise BadInput(f"EVALRUN_SANDBOX_IMAGE={named[:200]}: no such image; `evalrun sandbox build` makes it")
        return host_image(engine, recipe(parsed))
    return Image(found, name, _pins_of(engine, found, name, parsed))


def _pins_of(engine: Engine, image: str, name: str, requires: Sequence[str]) -> tuple[str, ...]:
    """The packages in an image that meet the requirements, as its label or, failing that, its Python says."""
    if not requires:
        return ()
    pins = _label(engine, image, _PACKAGES)
    versions = dict(pin.partition("==")[::2] for pin in pins)
    if not versions:
        versions = installed_versions(engine, image, requires)
        pins = tuple(f"{key}=={value}" for key, value in sorted(versions.items()))
    lack = unmet(requires, versions)
    if lack:
        raise BadInput(f"the image {name} lacks {lack}; make one that has it with `evalrun sandbox build --requires`")
    return pins


def host_image(engine: Engine, made_of: Recipe) -> Image:
    """The image of this machine's Python with what the recipe says, made if the engine lacks it."""
    name = f"{REPOSITORY}:{_HOST_PREFIX}{made_of.key[:12]}"

    def make() -> str:
        return build_from_host(engine, name, made_of)

    return Image(image_digest(engine, name) or make(), name, made_of.pins, make)


def image_digest(engine: Engine, name: str) -> str | None:
    """The image's id, or None when the engine has no such image; BadInput when the name cannot be an image's."""
    import docker.errors

    try:
        return str(engine.client.images.get(name).id)
    except docker.errors.ImageNotFound:
        return None
    except docker.errors.APIError as error:
        raise BadInput(f"image {name[:200]!r}: the engine does not take this name ({reason(error)})") from error
    except OSError as error:
        raise InfraError(f"the engine at {engine.address} stopped answering ({reason(error)})") from error


def build_from_host(engine: Engine, name: str, made_of: Recipe | None = None) -> str:
    """Load an image made of the host's own Python; returns its id, which the same input makes the same."""
    theirs, ours = architecture(engine.facts.architecture), architecture()
    if engine.facts.architecture and theirs != ours:
        raise InfraError(
            f"the engine runs {theirs} and this machine is {ours}, so an image of this machine's Python cannot run "
            "there; use `evalrun sandbox build --from dockerfile` or --rootfs"
        )
    chosen = recipe() if made_of is None else made_of
    labels = {IMAGE_LABEL: chosen.key, _PACKAGES: json.dumps(chosen.pins), _REQUIRES: json.dumps(chosen.requires)}
    config = {"Env": [f"PATH=/{PREFIX}/bin"], "Cmd": [f"/{PREFIX}/bin/{VERSION}"], "Labels": labels}
    try:
        with tempfile.TemporaryDirectory(prefix="evalrun-image-") as folder:
            layer, archive = Path(folder) / "layer.tar", Path(folder) / "image.tar"
            write_rootfs(layer, chosen)
            write_image(layer, archive, name, config)
            layer.unlink()
            with archive.open("rb") as stream:
                load: Any = engine.client.api.load_image
                said = list(load(stream, quiet=True))
    except OSError as error:
        raise InfraError(f"the image of this machine's Python could not be loaded ({reason(error)})") from error
    made = image_digest(engine, name)
    if made is None:
        complaint = next((str(line["error"]) for line in said if "error" in line), "it gives no reason")
        raise InfraError(f"the engine did not take the image of this machine's Python ({complaint[:200]})")
    return made


def build_from_rootfs(engine: Engine, name: str, archive: Path) -> str:
    """Import a root filesystem archive (.tar, .tar.gz, .tar.xz) with a python3 on its path; returns the image id."""
    repository, _, tag = name.rpartition(":")
    before = image_digest(engine, name)
    try:
        changes = [f"LABEL {IMAGE_LABEL}=rootfs", f"ENV PATH={_ROOTFS_PATH}"]
        engine.client.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=changes)
    except OSError as error:
        raise InfraError(f"{archive}: the engine could not import it ({reason(error)})") from error
    made = image_digest(engine, name)
    if made is None or made == before:
        raise InfraError(f"{archive}: the engine made no image of it; is it a root filesystem?")
    return made


def build_from_dockerfile(engine: Engine, name: str, base: str = BASE_IMAGE, requires: Sequence[str] = ()) -> str:
    """Build the image from our Dockerfile on ``base`` (pulled where a registry can be reached); returns its id.

    requires: parsed requirements, which pip installs in the image from the index it is configured for there.
    """
    import docker.errors

    labels = {IMAGE_LABEL: f"dockerfile {base}", _REQUIRES: json.dumps(list(requires))}
    try:
        with tempfile.TemporaryDirectory(prefix="evalrun-build-") as folder:
            shutil.copy(Path(__file__).parent / "image" / "Dockerfile", folder)
            (Path(folder) / "requirements.txt").write_text("".join(f"{line}\n" for line in requires))
            image, _ = engine.client.images.build(
                path=folder, tag=name, buildargs={"BASE": base}, labels=labels, rm=True, forcerm=True
            )
    except (docker.errors.DockerException, OSError, TypeError) as error:
        raise InfraError(
            f"the image could not be built on {base} ({_complaint(error)}); "
            "without a registry use `evalrun sandbox build --from host`"
        ) from error
    return str(image.id)


def _complaint(error: Exception) -> str:
    """What pip said, where it was pip; else what the engine said."""
    lines = [str(line.get("stream", "")) for line in getattr(error, "build_log", ()) if isinstance(line, dict)]
    of_pip = [line for line in lines if "ERROR" in line]
    return " ".join(of_pip[-1].split())[:240] if of_pip else reason(error)


def tag_image(engine: Engine, image: str, name: str) -> None:
    """Give an image a further name."""
    repository, _, tag = name.rpartition(":")
    try:
        engine.client.api.tag(image, repository, tag)
    except OSError as error:
        raise InfraError(f"the engine could not name the image {name} ({reason(error)})") from error


def prune_images(engine: Engine) -> tuple[str, ...]:
    """Remove the images that evalrun made and does not use any more; returns their names.

    Kept are those that a container is made of, those that `evalrun sandbox build` left under a name, and those of this
    machine's present Python and packages.
    """
    import docker.errors

    try:
        found = engine.client.api.images(filters={"label": IMAGE_LABEL})
        removed = []
        for image in found:
            names = [name for name in image.get("RepoTags") or () if name != "<none>:<none>"]
            if any(not _is_automatic(name) for name in names) or (names and _is_present(image.get("Labels") or {})):
                continue
            try:
                for name in names or [image["Id"]]:
                    engine.client.api.remove_image(name)
                    removed.append(name)
            except docker.errors.APIError as error:
                if error.status_code not in (404, 409):  # 409: a container is made of it; 404: another was faster
                    raise
    except OSError as error:
        raise InfraError(f"the engine could not remove its images ({reason(error)})") from error
    return tuple(removed)


def _is_automatic(name: str) -> bool:
    return name.removeprefix("localhost/").startswith(f"{REPOSITORY}:{_HOST_PREFIX}")


def _is_present(labels: dict[str, Any]) -> bool:
    try:
        return bool(recipe(json.loads(labels.get(_REQUIRES, "[]"))).key == labels[IMAGE_LABEL])
    except (InfraError, BadInput, ValueError, TypeError, KeyError):
        return False  # no longer what could be made here


def _label(engine: Engine, image: str, name: str) -> tuple[str, ...]:
    """A label that holds a list of texts; empty where there is none."""
    inspect: Any = engine.client.api.inspect_image
    config = inspect(image).get("Config") or {}
    try:
        found = json.loads((config.get("Labels") or {}).get(name) or "[]")
    except ValueError:
        return ()
    return tuple(str(item) for item in found) if isinstance(found, list) else ()
