"""What a certificate says of who was asked, held against itself."""

from __future__ import annotations

from evalrun.evolvers.authored.calls import Call
from evalrun.evolvers.authored.developing import Settings
from evalrun.evolvers.authored.kept import Kept, contradictions
from evalrun.evolvers.authored.panel import member, panel_of
from evalrun.evolvers.authored.protocol import Draft
from evalrun.evolvers.authored.solving import Solution

URL = "http://localhost:1/v1"


def test_five_solutions_that_say_the_same_come_of_five_calls() -> None:
    panel = panel_of(member("a-1", URL), [member("b-1", URL)])
    solution = Solution(panel.solvers[0], "def f(x):\n    return x\n", "", "same")
    evolve = Call("author", "evolve", "a-1", "a", "creative", "1", 0.8, 1, 0, "q", "r")
    solves = [Call("solver", "solve", "b-1", "b", "solve", "1", 0.8, 1, epoch, "q", "same") for epoch in range(5)]

    def problems(calls: list[Call]) -> list[str]:
        kept = Kept(Draft("", "", "f", ""), (), (), (solution,) * 5, (), panel, (evolve, *calls), Settings())
        return contradictions(kept)

    assert problems(solves) == []
    assert problems(solves[:4]) == [
        "gate calls does not hold: a solution comes from no call that the certificate names"
    ]
