"""A suite of preference tasks, one of each kind."""

from __future__ import annotations

import pytest

from evalrun.benchmarks.preference import PreferenceSuite

from .tasks import advice_pair, code_pair, rank_three, voted_pair, word_pair


@pytest.fixture(scope="session")
def toy() -> PreferenceSuite:
    """One task of each kind."""
    tasks = (
        code_pair("middle"),
        code_pair("bare", lambda code: code),
        word_pair("sky"),
        advice_pair(),
        rank_three(),
        voted_pair(),
    )
    return PreferenceSuite("toy", "1", tasks, license="CC0-1.0")
