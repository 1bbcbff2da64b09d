"""A designer over real HTTP: good, ill-typed, duplicate, ambiguous, constant, partial, malformed, hostile replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evalrun.benchmarks import BadInput, GateFailed, Suite
from evalrun.evolvers.authored.protocol import UnusableReply
from evalrun.evolvers.commands.design import command
from evalrun.evolvers.commands.evolve import command as evolve_command
from evalrun.evolvers.commands.verify import command as verify_command
from evalrun.evolvers.designed.designing import MOST_IN_REPLY, proposals_in
from evalrun.evolvers.designed.files import load
from evalrun.evolvers.designed.parents import probe_parents

from ..authored.answering import Body, Said, answering, question
from .trees import GOOD, LENGTHS, MANY_EVEN, ROTATED, TAGGED, changed

Reply = dict[str, Any] | str
BAD: dict[str, dict[str, Any]] = {
    "ill-typed": changed(TAGGED, name="ill", expression=["plus", "v", "a"]),
    "duplicate": changed(
        TAGGED, name="affine_again", takes="int", gives="int", expression=["plus", ["times", "v", "a"], 3]
    ),
    "ambiguous sentence": changed(
        TAGGED, name="ambiguous", takes="int", gives="int", expression=["minus", ["times", "v", "v"], "a"],
        phrase="{v} times {v} minus {a}",
    ),
    "constant": changed(
        TAGGED, name="same", gives="int", parameters={}, expression=["minus", ["sum", "v"], ["sum", "v"]]
    ),
    "partial": changed(TAGGED, name="partly", gives="int", expression=["plus", ["first_item", "v"], "a"]),
    "malformed": {"name": "shapeless", "kind": "post"},
    "unknown name": changed(TAGGED, name="hostile", expression=["exec", ["text", "rm"], "a"]),
    "sentence says something else": changed(
        TAGGED, name="liar", parameters={}, expression=["reversed", ["distinct", "v"]],
        phrase="the items of {v} in reverse order",
    ),
    "changes too little": changed(TAGGED, name="idle", parameters={}, expression=["reversed", ["reversed", "v"]]),
}  # fmt: skip
HUGE: Any = "v"
for _ in range(35):
    HUGE = ["reversed", HUGE]
BAD["too large"] = changed(TAGGED, name="huge", parameters={}, expression=HUGE)
SHAPELESS = (
    "",
    "I cannot help with that.",
    '{"operators": []}',
    '{"operators": [{"name": ',
    '{"operator": {}}',
    "[]",
    "null",
)


def replies(*said: Reply) -> Callable[[Body], Said]:
    """One after the other, the last for ever; counted by different requests, so that retries change nothing."""
    seen: list[str] = []

    def reply(body: Body) -> Said:
        key = json.dumps(body, sort_keys=True)
        if key not in seen:
            seen.append(key)
        chosen = said[min(seen.index(key), len(said) - 1)]
        return Said(chosen if isinstance(chosen, str) else json.dumps(chosen))

    return reply


def operators(*definitions: dict[str, Any]) -> Reply:
    return {"operators": list(definitions)}


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small suite to try operators on, beside the built-in one."""
    folder = tmp_path_factory.mktemp("probes") / "suite"
    suite = probe_parents()
    small = Suite("small", "1", suite.subset([t for t in suite if t.id.endswith(("halves_of", "tokens_of"))]).tasks)
    small.save(folder)
    return str(folder)


def designed(url: str, output: Path, probes: str, *more: str) -> Result:
    arguments = ["--model", "maker-7b", "--base-url", url, "-o", str(output), "--probe", probes]
    return CliRunner().invoke(command, [*arguments, "--sandbox", "process", "--max-retries", "0", *more])


def test_good_operators_are_kept_and_every_bad_one_is_counted_and_fed_back(tmp_path: Path, probes: str) -> None:
    output = tmp_path / "operators.json"
    script = replies(
        *SHAPELESS,
        operators(*list(BAD.values())[:5]),
        operators(*list(BAD.values())[5:]),
        "Here they are:\n```json\n" + json.dumps(operators(TAGGED, LENGTHS)) + "\n```\nEnjoy!",
        operators(changed(TAGGED, name="tagged_twice"), ROTATED, MANY_EVEN),
    )
    with answering(script) as server:
        result = designed(server.base_url, output, probes, "--count", "4", "--rounds", "20")
        assert result.exit_code == 0, result.output
        asked = [question(body) for body in server.bodies]
    assert [each.definition.name for each in load(output)] == [
        TAGGED["name"],
        LENGTHS["name"],
        ROTATED["name"],
        MANY_EVEN["name"],
    ]
    for reason in BAD:
        assert f"{reason}: 1" in result.output or f"{reason}: 2" in result.output, (reason, result.output)
    assert f"unusable reply: {len(SHAPELESS)}" in result.output
    assert "proposed 22, admitted 4, rejected 18" in result.output
    # what was refused, and why, stands in the next request, fenced as data; and what was admitted is told
    assert "ill: ill-typed: plus is for" in asked[len(SHAPELESS) + 1]
    assert "partly: partial: for v = []" in asked[len(SHAPELESS) + 1]
    assert "unusable reply" in asked[1]
    assert LENGTHS["expression"][0] in asked[-1]
    assert "Propose 2 new operators" in asked[-1]
    for each in json.loads(output.read_text())["operators"]:
        assert each["call"]["role"] == "designer"
        assert (each["call"]["model"], each["call"]["template"]) == ("maker-7b", "design")
        assert each["proof"]["values"]["readings"] == 1


def test_a_replay_makes_the_same_file_and_asks_nobody(tmp_path: Path, probes: str) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    with answering(replies(operators(BAD["partial"]), operators(*GOOD))) as server:
        assert designed(server.base_url, first, probes, "--count", "4").exit_code == 0
        requests = len(server.bodies)
        store = ["--replies", str(tmp_path / ".first.json.replies")]
        again = designed(server.base_url, second, probes, "--count", "4", "--replay", *store)
        assert again.exit_code == 0, again.output
        assert len(server.bodies) == requests == 2
    assert first.read_bytes() == second.read_bytes()


def test_operators_that_exist_are_not_designed_again(tmp_path: Path, probes: str) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    with answering(replies(operators(TAGGED), operators(changed(TAGGED, name="renamed"), LENGTHS))) as server:
        assert designed(server.base_url, first, probes, "--count", "1").exit_code == 0
        result = designed(server.base_url, second, probes, "--count", "1", "--known", str(first), "--rounds", "2")
    assert result.exit_code == 0, result.output
    assert "does what tagged does" in result.output
    assert [each.definition.name for each in load(second)] == [LENGTHS["name"]]


def test_nothing_is_written_where_nothing_was_admitted(tmp_path: Path, probes: str) -> None:
    output = tmp_path / "operators.json"
    with answering(replies(operators(BAD["partial"], BAD["constant"]), operators(BAD["unknown name"]))) as server:
        result = designed(server.base_url, output, probes, "--rounds", "3")
    assert isinstance(result.exception, BadInput)
    assert not output.exists()
    assert "none of 4 proposals was admitted" in str(result.exception)


def test_kinds_that_are_not_wanted_are_refused(tmp_path: Path, probes: str) -> None:
    output = tmp_path / "operators.json"
    with answering(replies(operators(TAGGED, MANY_EVEN))) as server:
        result = designed(server.base_url, output, probes, "--count", "1", "--rounds", "1", "--kind", "guard")
        assert "Only these kinds are wanted: guard" in question(server.bodies[0])
    assert "kind not wanted: 1" in result.output
    assert [each.definition.kind for each in load(output)] == ["guard"]


def test_a_budget_ends_the_asking_and_what_was_admitted_by_then_is_kept(tmp_path: Path, probes: str) -> None:
    output = tmp_path / "operators.json"
    with answering(replies(operators(TAGGED))) as server:
        result = designed(server.base_url, output, probes, "--count", "3", "--budget", "calls=2")
        assert len(server.bodies) == 2
    assert result.exit_code == 0, result.output
    assert len(load(output)) == 1


def test_a_server_that_is_down_is_no_rejection(tmp_path: Path, probes: str) -> None:
    output = tmp_path / "operators.json"
    with answering(lambda body: Said("broken", status=500)) as server:
        result = designed(server.base_url, output, probes, "--count", "1")
    assert result.exit_code != 0
    assert not output.exists()
    assert "rejected" not in result.output


def test_what_was_designed_is_used_verified_and_checked_again(tmp_path: Path, probes: str) -> None:
    output, suite = tmp_path / "operators.json", tmp_path / "suite"
    with answering(replies(operators(TAGGED, ROTATED))) as server:
        assert designed(server.base_url, output, probes, "--count", "2").exit_code == 0

    def run(verb: Any, *arguments: str) -> Result:
        return CliRunner().invoke(verb, [*arguments, "--sandbox", "process"])

    evolved = run(evolve_command, probes, "--operators", f"@{output}", "-o", str(suite))
    assert evolved.exit_code == 0, evolved.output
    assert run(verify_command, str(suite)).exit_code == 0
    checked = run(command, "--check", str(output), "--probe", probes)
    assert checked.exit_code == 0, checked.output
    data = json.loads(output.read_text())
    data["operators"][0]["proof"]["values"]["steps"] = 12345
    output.write_text(json.dumps(data))
    forged = run(command, "--check", str(output), "--probe", probes)
    assert "tagged: its figures on values are not what the proof gives" in forged.output
    assert isinstance(forged.exception, GateFailed)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "-o FILE is missing"),
        (["-o", "{there}"], "exists"),
        (["-o", "{tmp}/no/folder.json"], "no such folder"),
        (["-o", "{tmp}/new.json"], "name a designer with --model"),
        (["-o", "{tmp}/new.json", "--definitions", "{there}"], "expected"),
        (["--check", "{there}"], "no file of operators"),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path: Path, arguments: Sequence[str], says: str) -> None:
    there = tmp_path / "there.json"
    there.write_text("{}")
    given = [each.replace("{tmp}", str(tmp_path)).replace("{there}", str(there)) for each in arguments]
    result = CliRunner().invoke(command, [*given, "--sandbox", "process"])
    assert result.exit_code != 0
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)
    assert there.read_text() == "{}"


def test_a_reply_with_too_many_operators_is_a_mistake() -> None:
    with pytest.raises(UnusableReply, match="at most"):
        proposals_in(json.dumps({"operators": [TAGGED] * (MOST_IN_REPLY + 1)}))
