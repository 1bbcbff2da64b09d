"""Log-likelihoods by echo, from a real server of a toy model whose numbers are known."""

from __future__ import annotations

from typing import Any

import pytest

from .asking import WITH_TOKENIZER, WITHOUT, score
from .toy_server import Toy


@pytest.mark.parametrize("settings", [WITH_TOKENIZER, WITHOUT, {"max_tokens": 0}])
def test_the_toy_model_has_the_known_log_likelihoods(settings: dict[str, Any]) -> None:
    better, worse = score(Toy(), ["bb", "c"], settings=settings)
    assert (better.total, worse.total) == (pytest.approx(-2.772589, abs=1e-6), pytest.approx(-2.079442, abs=1e-6))
    assert (better.tokens, worse.tokens) == (("b", "b"), ("c",))
    assert better.total < worse.total  # ranking accuracy 0
    assert better.total / 2 > worse.total / 1  # by token: 1
    assert better.start == worse.start == 3  # <s> a \n
    assert (better.utf8_bytes, better.boundary_merge) == (2, False)
