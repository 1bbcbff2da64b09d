"""What is said of an operator that is asked for on tasks of the other kind."""

import pytest

from evalrun.benchmarks.errors import BadInput
from evalrun.evolvers.protocol import operator_named


def test_an_operator_on_preferences_asked_of_code_tasks_says_how_to_make_pairs() -> None:
    with pytest.raises(BadInput, match=r"mutant_pair is an operator on preference tasks.*--as-preferences"):
        operator_named("mutant_pair")
