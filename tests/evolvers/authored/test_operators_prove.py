"""What each operator proves of a finished task: the good one passes, and one planted fault fails one gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from evalrun.benchmarks import Case, CasesTest, CodeTask
from evalrun.evolvers.authored.operators.combine import SHORTCUTS
from evalrun.evolvers.authored.protocol import Draft, Evidence, Guarded, ModelOperator, Step, Stepped, UnusableReply
from evalrun.evolvers.authored.registry import model_operator_named, registered_model_operators
from evalrun.evolvers.authored.restating import restated
from evalrun.evolvers.authored.steps import MAX_ASKS, draft_of, next_step
from evalrun.evolvers.protocol import Executed, Gate
from evalrun.harness.sandbox import Sandbox
from evalrun.harness.scoring import score_answers
from evalrun.harness.verdict import Verdict

from .replies import BACK, COUNT, GOOD, MIRRORED, PIVOT, TOLD, evidence_of, finished, good, parents_of

REPLIES: dict[str, list[dict[str, Any]]] = {
    **{name: [reply] for name, reply in GOOD.items()},
    "back_translate:German": [{"spec": PIVOT}, {"spec": BACK}],
    "transmission_chain": [{"spec": text} for text in TOLD],
}
ALL = sorted(REPLIES)


def drafted(name: str, replies: Sequence[Mapping[str, Any]] | None = None) -> tuple[ModelOperator, Draft]:
    operator = model_operator_named(name)
    return operator, draft_of(operator, REPLIES[name] if replies is None else replies, parents_of(name)[0])


def failing(gates: Sequence[Gate]) -> list[str]:
    return [gate.gate for gate in gates if not gate.holds]


def proven(name: str, **changes: Any) -> list[str]:
    """The gates that fail for the good task of an operator with some of the evidence, or of the draft, changed."""
    operator, draft = drafted(name)
    parents = parents_of(name)[0]
    task = changes.pop("task", None) or finished(draft, parents[0])
    fields = {key: changes.pop(key) for key in list(changes) if key in Draft.__dataclass_fields__}
    evidence = replace(evidence_of(parents, draft, operator), **changes)
    return failing(operator.prove(task, parents, replace(evidence, draft=replace(draft, **fields))))


@pytest.mark.parametrize("name", ALL)
def test_the_good_reply_of_every_operator_passes_its_proofs(name: str) -> None:
    assert proven(name) == []


def test_there_is_a_good_reply_for_every_operator() -> None:
    assert {name.partition(":")[0] for name in ALL} == set(registered_model_operators())


@pytest.mark.parametrize("name", ALL)
def test_proofs_are_plain_json_and_the_same_from_a_draft_that_was_read_back(name: str) -> None:
    operator, draft = drafted(name)
    parents = parents_of(name)[0]
    task, evidence = finished(draft, parents[0]), evidence_of(parents, draft, operator)
    again = replace(evidence, draft=Draft.from_json(draft.to_json()))
    gates = operator.prove(task, parents, evidence)
    assert [gate.to_json() for gate in gates] == [gate.to_json() for gate in operator.prove(task, parents, again)]


@pytest.mark.parametrize(
    ("name", "changes", "gates"),
    [
        ("difficult", {"delta": 0.29}, ["delta"]),
        ("difficult", {"delta": 0.0}, ["delta"]),
        ("difficult", {"delta": None}, []),
        ("difficult", {"reference": "def longest_stretch(n, l):\n    return 0\n"}, ["larger_reference"]),
        ("creative", {"archive": frozenset({"old", "new"})}, ["new_function"]),
        ("creative", {"spec": GOOD["subtle"]["spec"]}, ["new_text"]),
        ("creative", {"delta": 0.1}, ["delta"]),
        ("subtle", {"delta": 0.0}, ["delta"]),
        ("subtle", {"delta": 0.71}, ["delta"]),
        ("subtle", {"delta": None}, ["delta"]),
        ("subtle", {"spec": GOOD["difficult"]["spec"]}, ["edit_ratio"]),
        ("combine", {"shortcuts": {**dict.fromkeys(SHORTCUTS, False), "first of second": True}}, ["shortcuts_fail"]),
        ("combine", {"shortcuts": {"first": False}}, ["shortcuts_fail"]),
        ("combine", {"shortcuts": {}}, ["shortcuts_fail"]),
        ("combine", {"spec": f"{GOOD['subtle']['spec']} {GOOD['combine']['spec']}"}, ["parents_not_quoted"]),
        ("tool_use", {"helper_rows": {}}, ["helpers_run"]),
        ("tool_use", {"helper_rows": {"largest": (Executed(([], 1), None, "TypeError"),)}}, ["helpers_run"]),
        ("tool_use", {"notes": {"own": "def top_squares(n, l):\n    return 0\n"}}, ["helpers_used"]),
        ("tool_use", {"shortcuts": {"without helpers": True, "helper largest": False}}, ["shortcuts_fail"]),
        ("tool_use", {"shortcuts": {"without helpers": False, "helper largest": True}}, ["shortcuts_fail"]),
        ("tool_use", {"delta": 0.0}, ["delta"]),
        ("scenario", {"notes": {"replaced": []}}, ["old_story_gone"]),
        ("scenario", {"notes": {"replaced": ["sacks"]}}, ["old_story_gone"]),
        ("back_translate:German", {"notes": {"pivot": BACK, "language": "German"}}, ["pivot"]),
        ("back_translate:German", {"notes": {}}, ["pivot"]),
        ("transmission_chain", {"notes": {"links": list(TOLD), "kept": 1}}, ["chain"]),
        ("transmission_chain", {"notes": {"links": list(TOLD[:2]), "kept": 2}}, ["chain"]),
        ("transmission_chain", {"notes": {"links": [], "kept": 0}}, ["chain"]),
    ],
)
def test_a_planted_fault_fails_its_gate_and_no_other(name: str, changes: dict[str, Any], gates: list[str]) -> None:
    assert proven(name, **changes) == gates


PRESERVING = ("verbose", "concise", "scenario", "back_translate:German", "transmission_chain")


@pytest.mark.parametrize("name", PRESERVING)
def test_a_reworded_task_must_have_its_parents_program_and_tests_and_the_drafts_text(name: str) -> None:
    _, draft = drafted(name)
    task = finished(draft, COUNT)
    other = replace(task, reference=task.reference.replace("number > limit", "number >= limit"))
    fewer = replace(task, tests=(CasesTest((Case(([], 4), 0),)),))
    more = replace(task, prompt=task.prompt.replace(">>> count", "Be quick.\n\n    >>> count"))
    assert proven(name, task=other) == ["same_program"]
    assert proven(name, task=fewer) == ["same_program"]
    assert "only_the_description" in proven(name, task=more)


@pytest.mark.parametrize("name", PRESERVING)
def test_a_reworded_task_that_lost_a_number_is_not_proven(name: str) -> None:
    operator, draft = drafted(name)
    spec = draft.spec.replace("0", "nothing").replace("limit", "bound")
    task = restated(COUNT, spec)
    gates = failing(operator.prove(task, (COUNT,), Evidence(replace(draft, spec=spec))))
    assert "protected_tokens" in gates


@pytest.mark.parametrize("name", PRESERVING)
def test_the_parents_own_text_is_no_rewording(name: str) -> None:
    operator, draft = drafted(name)
    text = (
        "Return how many of the numbers in the list are greater than the limit.\nA number that is equal to the limit "
    )
    same = replace(draft, spec=text + "does not count, and an empty list gives 0.")
    assert "reworded" in failing(operator.prove(COUNT, (COUNT,), Evidence(same)))


def test_length_bounds_are_refused_in_the_reply_and_in_the_proof() -> None:
    for name, other in (("verbose", "concise"), ("concise", "verbose")):
        operator, draft = drafted(name)
        with pytest.raises(UnusableReply) as caught:
            operator.read(GOOD[other], (COUNT,))
        assert caught.value.reason == "length"
        wrong = replace(draft, spec=GOOD[other]["spec"])
        gates = failing(operator.prove(restated(COUNT, wrong.spec), (COUNT,), Evidence(wrong)))
        assert gates == ["length_ratio"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"spec": "Mary weighs nine sacks: " + GOOD["scenario"]["spec"]}, "protected tokens"),
        ({"spec": GOOD["concise"]["spec"].replace("exceed the", "are above the lift's")}, "old story"),
        ({"replaced": ["zebra"]}, "old story"),
        ({"replaced": ["limit"]}, "old story"),
        ({"replaced": ["two words"]}, "old story"),
        ({"replaced": []}, "number of items"),
        ({"replaced": ...}, "missing field"),
        ({"setting": ...}, "missing field"),
        ({"setting": 3}, "wrong type"),
        ({"spec": "Really: " + GOOD["verbose"]["spec"]}, "old story"),
        ({"spec": "In a mill: return how many of the numbers in the list are greater than the limit. A number that is "
                  "equal to the limit does not count, and an idle list gives 0."}, "too similar"),
    ],
)  # fmt: skip
def test_a_scenario_that_is_none_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableReply) as caught:
        drafted("scenario", [good("scenario", **changes)])
    assert caught.value.reason == reason


def test_a_scenario_may_drop_the_names_of_the_old_story_and_must() -> None:
    operator = model_operator_named("scenario")
    reply = {
        "spec": "A printer checks a list of strings, words, for stamps that look alike from left and right. Hand back "
        "those, none moved.",
        "setting": "a printer's stamps",
        "replaced": ["Mary", "wrote", "read"],
    }
    with pytest.raises(UnusableReply, match="new: type str"):
        operator.read({**reply, "spec": "Mary's stamps, words, look alike from both sides"}, (replace_text(),))
    draft = operator.read(reply, (MIRRORED,))
    assert failing(operator.prove(restated(MIRRORED, draft.spec), (MIRRORED,), Evidence(draft))) == []
    with pytest.raises(UnusableReply, match="names the old story still: Mary"):
        operator.read({**reply, "spec": reply["spec"] + " Mary waits."}, (MIRRORED,))


def replace_text() -> CodeTask:
    return restated(MIRRORED, "Keep the strings of words that read the same in both directions.")


def steps_of(name: str, replies: Sequence[Mapping[str, Any]]) -> list[Step | None]:
    operator = model_operator_named(name)
    return [next_step(operator, replies[: place + 1], (COUNT,)) for place in range(len(replies))]


@pytest.mark.parametrize("name", sorted(GOOD))
def test_most_operators_ask_once(name: str) -> None:
    assert not isinstance(model_operator_named(name), Stepped)
    assert next_step(model_operator_named(name), [GOOD[name]], parents_of(name)[0]) is None


def test_a_translation_goes_back_from_the_pivot_without_the_first_text() -> None:
    back, end = steps_of("back_translate:German", REPLIES["back_translate:German"])
    assert end is None
    assert back is not None
    assert (back.purpose, back.turn, back.prompt.template) == ("back", 0, "back_translate_back")
    assert PIVOT[:60] in back.prompt.text.replace("\n", " ")
    assert "Return how many of the numbers" not in back.prompt.text


@pytest.mark.parametrize(
    ("pivot", "reason"),
    [
        (BACK, "other language"),
        ("Gib zurück, wie viele der Zahlen größer sind als die Grenze.", "protected tokens"),
        ("", "too short"),
        (7, "wrong type"),
    ],
)
def test_a_pivot_that_is_none_is_refused_when_it_comes(pivot: Any, reason: str) -> None:
    with pytest.raises(UnusableReply) as caught:
        steps_of("back_translate:German", [{"spec": pivot}])
    assert caught.value.reason == reason


def test_a_language_is_drawn_by_the_parent_where_none_is_set() -> None:
    operator: Any = model_operator_named("back_translate")
    languages = {operator.pivot_language(replace(COUNT, prompt=COUNT.prompt + " " * n)) for n in range(60)}
    assert operator.pivot_language(COUNT) == operator.pivot_language(replace(COUNT, id="another/id"))
    assert len(languages) > 6


def test_each_link_of_a_chain_sees_only_the_one_before_it() -> None:
    second, third, end = steps_of("transmission_chain", REPLIES["transmission_chain"])
    assert second is not None
    assert third is not None
    assert end is None
    assert (second.purpose, third.purpose) == ("link 2", "link 3")
    assert TOLD[0] in second.prompt.text
    assert "Return how many of the numbers" not in second.prompt.text
    assert TOLD[0] not in third.prompt.text


def test_members_of_the_panel_are_asked_in_turn_where_it_is_set_so() -> None:
    replies = [{"spec": TOLD[place % 3] + " So." * place} for place in range(4)]
    turns = [step.turn for step in steps_of("transmission_chain:4/panel", replies) if step]
    assert turns == [1, 2, 3]
    assert [step.turn for step in steps_of("transmission_chain:4", replies) if step] == [0, 0, 0]


LOST = "Say how many of the values lie above it. An empty row has none."


def test_a_chain_ends_at_the_last_link_that_keeps_what_is_protected() -> None:
    replies = [{"spec": TOLD[0]}, {"spec": LOST}]
    assert [step is None for step in steps_of("transmission_chain", replies)] == [False, True]
    operator, draft = drafted("transmission_chain", replies)
    assert draft.spec == TOLD[0]
    assert draft.notes == {"links": [TOLD[0], LOST], "kept": 1}
    gates = {gate.gate: gate for gate in operator.prove(restated(COUNT, draft.spec), (COUNT,), Evidence(draft))}
    assert all(gate.holds for gate in gates.values())
    first, second = gates["drift"].evidence["links"]
    assert first["missing"] == []
    assert second["missing"] == ["name limit", "name numbers", "number 0", "type list"]
    assert 0 < second["from_previous"]["words"] < 1


def test_a_first_link_that_loses_something_may_be_mended_and_is_no_draft() -> None:
    for call in (steps_of, lambda name, replies: drafted(name, replies)):
        with pytest.raises(UnusableReply) as caught:
            call("transmission_chain", [{"spec": LOST}])
        assert caught.value.reason == "protected tokens"


def test_operators_say_how_often_they_ask() -> None:
    for name in ("back_translate:German", "transmission_chain", "transmission_chain:1", "transmission_chain:8"):
        operator = model_operator_named(name)
        assert isinstance(operator, Stepped)
        assert operator.asks == {"back_translate": 2, "transmission_chain": 3}.get(name.partition(":")[0]) or (
            operator.asks == int(name[-1])
        )


def test_nobody_asks_without_end() -> None:
    replies = [{"spec": TOLD[place % 3]} for place in range(MAX_ASKS)]
    assert steps_of("transmission_chain:8", replies)[-1] is None


def test_text_drift_of_the_last_link_is_bounded() -> None:
    far = "limit numbers list 0 zorp blah quux flim flam ding dong bing bang zig zag snip snap hop skip jump "
    far += "plip plop click clack tick tock"
    operator, draft = drafted("transmission_chain", [{"spec": far}])
    assert failing(operator.prove(restated(COUNT, far), (COUNT,), Evidence(draft))) == ["drift"]


@pytest.mark.sandbox
def test_shortcuts_of_a_combination_run_and_fail_but_where_the_task_is_a_mere_composition(sandbox: Sandbox) -> None:
    parents = parents_of("combine")[0]
    _, draft = drafted("combine")
    assert verdicts("combine", draft, parents, sandbox) == dict.fromkeys(SHORTCUTS, False)
    sizes = CodeTask(
        "toy/sizes",
        'def sizes(words: list) -> list:\n    """How long each of the given words is, in order."""\n',
        "sizes",
        "def sizes(words):\n    return [len(word) for word in words]\n",
        MIRRORED.tests,
    )
    lazy = replace(
        draft,
        signature="def mirror_sizes(words: list[str]) -> list[int]:",
        entry_point="mirror_sizes",
        reference="def mirror_sizes(words):\n    return [len(word) for word in words if word == word[::-1]]\n",
        inputs=((["aba", "xy"],), (["a", "bb", "bc"],), ([],)),
    )
    found = verdicts("combine", lazy, (sizes, MIRRORED), sandbox)
    assert found == {"first": False, "second": False, "first of second": True, "second of first": False}


@pytest.mark.sandbox
def test_shortcuts_of_a_task_with_helpers_run_and_fail_but_where_a_helper_is_the_answer(sandbox: Sandbox) -> None:
    _, draft = drafted("tool_use")
    assert verdicts("tool_use", draft, (COUNT,), sandbox) == {"without helpers": False, "helper largest": False}
    answer = "def top_squares(numbers, limit):\n    return largest(numbers, limit)[:99]\n"
    lazy = replace(draft, reference=f"{draft.helpers[0].program}\n{answer}")
    assert verdicts("tool_use", lazy, (COUNT,), sandbox)["helper largest"]


def verdicts(name: str, draft: Draft, parents: Sequence[CodeTask], sandbox: Sandbox) -> dict[str, bool]:
    operator = model_operator_named(name)
    assert isinstance(operator, Guarded)
    task = finished(draft, parents[0])
    programs = operator.shortcuts(draft, parents)
    scores = list(score_answers([(task, task.reference), *((task, program) for program in programs.values())], sandbox))
    assert scores[0].verdict is Verdict.PASS
    return {key: score.verdict is Verdict.PASS for key, score in zip(programs, scores[1:], strict=True)}
