"""Certificates of preference tasks that somebody changed: a failure that is named, and never a crash."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalrun.evolvers.authored.preferences.rubric_degrade import RUBRIC
from evalrun.evolvers.authored.preferences.work import seed_of
from evalrun.evolvers.preferences.verify import verify
from evalrun.harness.sandbox import Sandbox

from ..test_verify import STRANGE, at, leaves
from .panel import ADVICE, evolve
from .test_rubric_and_critic import only

CHANGES_FOR_EACH = 15


def test_nothing_in_a_certificate_of_preferences_makes_verify_crash(tmp_path: Path, sandbox: Sandbox) -> None:
    criterion = random.Random(seed_of(3, "rubric_degrade", "1", ADVICE, 0)).choice(sorted(RUBRIC))
    found = evolve(only(criterion), "rubric_degrade", ADVICE, tmp_path)
    suite = found.suite
    assert suite is not None
    assert verify(suite, sandbox) == []
    [(name, certificate)] = suite.certificates.items()
    stored = json.loads(json.dumps(certificate))
    paths = sorted({path[:length] for path in leaves(stored) for length in range(1, len(path) + 1)}, key=repr)
    rng, unseen = random.Random(2), []
    for value in STRANGE:
        for path in rng.sample(paths, min(len(paths), CHANGES_FOR_EACH)):
            old: Any = stored
            for key in path:
                old = old[key]
            changed = replace(suite, certificates={name: at(stored, path, value)})
            failures = verify(changed, sandbox)
            assert all("\n" not in failure.problem for failure in failures)
            if not failures and old != value and path[0] not in ("python", "sandbox"):
                unseen.append((path, value))
    assert unseen == []
