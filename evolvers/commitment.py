"""Commit and reveal: a suite whose seed was fixed, in public, before anybody could look at what it gives.

The author draws a secret, publishes its commitment with a date, and later evolves a suite with the seed that follows
from the secret. Whoever is given the secret can check both::

    commitment = SHA-256("evalrun commitment 1\\n" || secret)
    seed       = the first 8 bytes, big-endian, of SHA-256("evalrun seed 1\\n" || secret), shifted right by one bit

The secret is 32 random bytes. What it shows: the author did not choose the seed after seeing tasks or models' answers.
What it does not: one who publishes many commitments, or none before evolving, can still choose. So publish one, where
its date can be trusted, and name the suite, operators and version that it is for.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from ..benchmarks import BadInput, Suite
from ..benchmarks.preference import PreferenceSuite

BYTES = 32
_COMMITMENT, _SEED = b"evalrun commitment 1\n", b"evalrun seed 1\n"
_HEX = re.compile(r"[0-9a-f]{64}")


def commitment_of(secret: bytes) -> str:
    """What is published beforehand, 64 hex digits."""
    return hashlib.sha256(_COMMITMENT + secret).hexdigest()


def seed_of(secret: bytes) -> int:
    """The seed of the evolution, 0 to 2**63 - 1."""
    return int.from_bytes(hashlib.sha256(_SEED + secret).digest()[:8], "big") >> 1


def new_secret(path: Path) -> bytes:
    """A fresh secret, kept in a new file that only its owner may read. BadInput when the file exists."""
    secret = secrets.token_bytes(BYTES)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secret.hex() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise BadInput(f"{path}: exists already; a secret is never overwritten, choose another file") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error
    return secret


def read_secret(path: Path) -> bytes:
    """The secret in a file; BadInput when it holds none."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError:
        text = ""
    return secret_from(text, str(path))


def secret_from(text: str, where: str) -> bytes:
    """The secret in a text of 64 hex digits; BadInput, which does not repeat the text, when it is none."""
    if not _HEX.fullmatch(text):
        raise BadInput(
            f"{where}: not a secret; it is {2 * BYTES} hexadecimal digits, as `evalrun evolve --commit` wrote them"
        )
    return bytes.fromhex(text)


def given_secret(text: str) -> bytes:
    """The secret that ``--reveal`` names: a file, or the secret itself."""
    path = Path(text)
    return read_secret(path) if path.is_file() else secret_from(text.strip().lower(), "--reveal")


def broken_promises(suite: Suite | PreferenceSuite, secret: bytes) -> list[tuple[str, str]]:
    """(task id, or the suite's name; what is wrong) for all that does not follow from the secret; none proves it
    all.
    """
    recorded = suite.evolution.get("commitment")
    if recorded is None:
        return [(suite.name, "the suite records no commitment, so no secret can be revealed for it")]
    if recorded != commitment_of(secret):
        return [(suite.name, "the secret is not the one that the suite's commitment was made of")]
    seed = seed_of(secret)
    found = []
    if suite.evolution.get("seed") != seed:
        found.append((suite.name, "the suite's seed does not follow from the secret"))
    for task in suite.tasks:
        if task.lineage is not None and task.lineage.seed != seed:
            found.append((task.id, f"its seed does not follow from the secret (it is {task.lineage.seed})"))
    return found
