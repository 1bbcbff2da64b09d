"""Hugging Face `evaluate` modules over this room's formulas; each loads offline by its path.

    import evaluate
    from evalrun.leaderboard.hf import module_path

    evaluate.load(module_path("pass_at_k")).compute(predictions=[[True, False], [True, True]], k=[1, 2])

`evaluate.load` copies the module's file into its cache under HF_HOME, which must be writable; nothing is fetched.
"""

from __future__ import annotations

from pathlib import Path

from ...benchmarks.errors import BadInput

NAMES = (
    "binary_preference",
    "flip_gap",
    "group_accuracy",
    "idealised_accuracy",
    "judge_accuracy",
    "negative_flips",
    "pass_at_k",
    "ranking_accuracy",
    "ranking_match",
    "response_lengths",
    "rewardbench",
    "win_rate",
)


def module_path(name: str) -> str:
    """The folder to give to `evaluate.load`; BadInput lists the known names."""
    if name not in NAMES:
        raise BadInput(f"no evaluate module {name!r}; there are {', '.join(NAMES)}")
    return str(Path(__file__).resolve().parent / name)
