"""What the finer tables of the Preferences page say of themselves."""

from __future__ import annotations

TWINS = (
    "A twin is a pair that an operator made from another one. The flip gap is accuracy on parents minus accuracy on"
    " their twins. Invariance: parents that are right and stay so in all twins that keep the label. Sensitivity: "
    "twins with the label turned over on which the model changes sides; contrast: right on both. A model that does "
    "not read what the label hangs on is invariant and not sensitive."
)
OPERATORS = (
    "In points; above 0 the operator’s twins are harder than their parents. Many operators are looked at, so that "
    "one of twenty may stand out by chance."
)
GROUPS = (
    "Share of single votes that the model’s ranking agrees with; a vote for neither counts half. Raters disagree, "
    "so that one ranking can agree with the votes of the larger side at most: the ceiling, with each pair’s share "
    "drawn towards a half, for few raters agree by chance too. Attained: 0 % like a coin, 100 % as good as any one "
    "ranking. The worst of many small groups looks worse than any is."
)
FORCED = (
    "The probability that the model gives the preferred answer as its choice, over both orders. Brier score and "
    "calibration error are of this probability, each pair standing for both of its answers; 0 is best, and a coin "
    "has a Brier score of 0.25."
)
RANKINGS = (
    "Tasks with more than two answers. Exact: every pair that the label orders is so ordered. Without a circle: of "
    "three answers a judge does not prefer the first to the second, that to the third, and the third to the first; "
    "a coin has 75 %."
)
TIES = (
    "Of answers that are equally good, scores are right within 0.01 nats a token, a judge where it says so in every"
    " order. These pairs are in no other figure."
)
REFERENCE = (
    "What training from the reference could reach at best (median over its strength) less what is reached, on pairs"
    " whose raters’ agreement is known. A pair’s difficulty is by how much the reference prefers the wrong answer, "
    "in nats: hard above 0, easy below. Distance: how far the model’s log-probabilities have moved."
)
BENCHES = {
    1: "Sections weighted 2, 2, 2, 2 and 1 for the prior sets; in Reasoning mathematics counts as much as code.",
    2: "The plain mean of six. A prompt’s point is shared among the answers with the highest score; a guess has 25 %.",
}
