"""Several runs in a call: run files, budgets, dry runs, shares that are merged."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from evalrun.benchmarks import BadInput, Suite
from evalrun.harness.cli import main
from evalrun.harness.endpoint.api import Reply, Response, Sampling
from evalrun.harness.runs.budget import Budget, Caps, Prices
from evalrun.harness.runs.dry import estimate, estimate_new
from evalrun.harness.runs.generate import Asker, Asking
from evalrun.harness.runs.ledger import read_ledger
from evalrun.harness.runs.merge import merge_runs
from evalrun.harness.runs.records import SampleRow, load_run
from evalrun.harness.runs.runfile import read_run_file
from evalrun.harness.runs.shard import Shard
from evalrun.harness.serve.baselines import Reference
from evalrun.harness.serve.server import serving

CORE = Suite.load("core")
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVALRUN_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*more: str | Path) -> int:
    return main(["run", *map(str, more)])


# --- run files ---


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_run_file_makes_a_run_of_each_model_and_suite(
    tmp_path: Path, scripts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_B", "sk-of-b")
    script = scripts.serve([scripts.good("x = 1")])
    text = f"""
suite = ["core"]
base-url = "{script.base_url}"
limit = 2
temperature = 0.5
generate-only = true
output = "{tmp_path / "runs"}"
[[models]]
name = "a"
[[models]]
name = "b"
label = "B the second"
temperature = 0
max_tokens = 77
api-key-env = "KEY_OF_B"
"""
    assert run("--config", write(tmp_path / "runs.toml", text)) == 0
    folders = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert folders == ["core--B-the-second", "core--a"]
    of_b = [body for body in script.bodies if body["model"] == "b"]
    assert [(body["temperature"], body["max_tokens"]) for body in of_b] == [(0, 77)] * 2
    assert {body["temperature"] for body in script.bodies if body["model"] == "a"} == {0.5}
    keys = {headers.get("authorization") for headers in script.headers}
    assert keys == {None, "Bearer sk-of-b"}
    assert not any("sk-of-b" in path.read_text() for path in (tmp_path / "runs").rglob("*") if path.is_file())


def test_yaml_says_the_same_and_the_command_line_goes_before_both(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([scripts.good("x = 1")])
    text = f"suite: core\nbase-url: {script.base_url}\nlimit: 2\nmodels:\n  - name: a\n    temperature: 0.1\n"
    file = write(tmp_path / "runs.yaml", text)
    more = ("--generate-only", "--temperature", "0.9", "--limit", "1", "-o", tmp_path / "run")
    assert run("--config", file, *more) == 0
    assert [body["temperature"] for body in script.bodies] == [0.9]
    assert run("--config", file, "--generate-only", "--model", "other", "-o", tmp_path / "other") == 0
    assert load_run(tmp_path / "other").manifest["model"]["name"] == "other"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("temprature = 1", "did you mean 'temperature'?"),
        ("[[models]]\nname = 'a'\nbase-ur = 'x'", "did you mean 'base-url'?"),
        ("[[models]]\nname = 'a'\nresume = true", "is no setting here"),
        ("api_key = 'sk-1'", "no key or secret may stand in a file"),
        ("[[models]]\nname = 'a'\ntoken = 'sk-1'", "no key or secret may stand in a file"),
        ("api-key-env = 'sk-1 2'\nbase-url = 'http://h'\nmodel = 'm'\nsuite = 'core'", "never the key itself"),
        ("api-key-env = 'NOT_SET_X'\nbase-url = 'http://h'\nmodel = 'm'\nsuite = 'core'", "is not set"),
        ("epochs = 'three'", "expected a whole number"),
        ("epochs = true", "expected a whole number"),
        ("resume = 'yes'", "expected true or false"),
        ("model = {a = 1}", "expected a text"),
        ("models = 3", "expected tables"),
        ("[[models]]\nlabel = 'x'", "needs a name"),
        ("epochs = ", "runs.toml"),
        ("suite = 'core'", "name the model"),
        ("model = 'm'", "--suite"),
        ("model = 'm'\nsuite = 'core'", "--base-url"),
    ],
)
def test_a_run_file_that_cannot_be_meant_is_one_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", write(tmp_path / "runs.toml", text), "-o", tmp_path / "out", "--generate-only") == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "sk-1" not in shown
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    ["epochs: 1\nsuite: core\nepochs: 2\n", "models:\n  - name: a\n    temperature: 0\n    'temperature': 1\n"],
)
def test_a_key_that_stands_twice_in_yaml_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", write(tmp_path / "runs.yaml", text)) == 2
    assert "is given twice (line" in capsys.readouterr().err


def test_a_run_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    for name, text in (("runs.toml", "epochs = 3"), ("runs.yaml", "epochs: 3")):
        found = read_run_file(write(tmp_path / name, f"\ufeff{text}\n"), ["epochs"], [])
        assert found.settings == {"epochs": 3}


@pytest.mark.parametrize(
    ("top", "table", "more", "refused"),
    [
        ("raw = true\nform = 'chat'", "", (), True),
        ("form = 'chat'", "", ("--raw",), False),
        ("raw = true", "", ("--form", "chat"), True),
        ("raw = true", "", (), False),
        ("", "raw = true\nform = 'chat'", (), True),
        ("raw = true", "form = 'chat'", (), True),
        ("form = 'chat'", "raw = true", (), False),
        ("raw = true\nform = 'completions'", "", (), False),
        ("raw = true\nform = 'chat'", "raw = false", (), False),
    ],
)
def test_raw_and_chat_contradict_each_other_in_a_run_file_too(
    top: str, table: str, more: tuple[str, ...], refused: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"suite = 'core'\nbase-url = '{NOWHERE}'\n{top}\n[[models]]\nname = 'm'\n{table}\n"
    code = run("--config", write(tmp_path / "runs.toml", text), *more, "--dry-run")
    assert code == (2 if refused else 0)
    assert ("leave one out" in capsys.readouterr().err) is refused


def test_a_device_is_no_run_file_and_is_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "runs.toml").symlink_to("/dev/zero")
    for file in (tmp_path / "runs.toml", "/dev/zero"):
        assert run("--config", file, "--suite", "core") == 2
        assert "cannot be read (not a regular file)" in capsys.readouterr().err


def test_what_ends_one_of_several_runs_does_not_end_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Reference([CORE])) as base_url:
        more = ("--suite", "core", "--base-url", base_url, "--limit", "2", "--sandbox", "process")
        assert run("--model", "misspelt", "--model", "reference", *more, "-o", tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["core--reference"]
    assert len(load_run(tmp_path / "core--reference").verdicts) == 2
    assert "misspelt" in capsys.readouterr().err


# --- budgets ---


class Metered:
    """Answers with so many tokens; counts what it was ever asked for at worst."""

    def __init__(self, input_tokens: int | None, output_tokens: int | None) -> None:
        self.tokens = input_tokens, output_tokens
        self.asked = 0

    async def ask(self, body: Mapping[str, Any], *, epoch: int | None = None) -> Response:
        self.asked += 1
        await asyncio.sleep(0.001)
        return Response((Reply("x = 1", "stop"),), *self.tokens)

    async def __aenter__(self) -> Metered:
        return self

    async def __aexit__(self, *_: object) -> None: ...


def metered(endpoint: Metered, caps: Caps, max_tokens: int, connections: int = 8) -> tuple[Budget, Asker]:
    budget, rows = Budget(caps), list[SampleRow]()
    asking = Asking("m", "chat", Sampling(1000, max_tokens=max_tokens))
    asker = Asker(
        endpoint, asking, rows.extend, connections=connections, budget=budget, prices=Prices(1_000_000.0, 2_000_000.0)
    )
    asyncio.run(asker.ask_all((CORE.tasks[0], (epoch,)) for epoch in range(1000)))
    assert asker.tally.answered == len(rows) == endpoint.asked
    return budget, asker


@pytest.mark.parametrize("answered", [10, 100])
def test_a_budget_is_used_and_never_exceeded(answered: int) -> None:
    budget, asker = metered(Metered(50, answered), Caps(tokens=5000), max_tokens=100)
    assert asker.tally.exhausted
    assert 5000 - 400 < budget.tokens <= 5000  # what is left was too little for one more at its worst
    budget, asker = metered(Metered(50, answered), Caps(cost=9000.0), max_tokens=100)
    assert asker.tally.exhausted
    assert 9000 - 700 < budget.cost <= 9000
    assert budget.cost == pytest.approx(asker.tally.answered * (50 + 2 * answered))


def test_a_server_that_counts_nothing_is_charged_the_worst() -> None:
    budget, asker = metered(Metered(None, None), Caps(tokens=20_000), max_tokens=1000)
    assert asker.tally.exhausted
    assert 10 <= asker.tally.answered < 20
    assert budget.tokens <= 20_000


def test_a_spent_budget_leaves_samples_owed_and_counts_what_was_spent_before(
    tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts.serve([scripts.good("x = 1")])  # 3 + 5 tokens
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "-o", tmp_path / "run", "--generate-only"]
    base += ["--max-connections", "2", "--max-tokens", "10", "--resume", "--epochs", "4"]
    assert run(*base, "--max-tokens-total", "900") == 5
    asked = len(script.bodies)
    shown = capsys.readouterr().err
    assert f"stopped before the budget would be exceeded ({8 * asked} of 900 tokens)" in shown
    assert "owed" in shown
    assert 0 < asked < 4 * len(CORE)
    assert run(*base, "--max-tokens-total", str(8 * asked)) == 5
    assert len(script.bodies) == asked
    assert run(*base) == 0
    assert len(script.bodies) == 4 * len(CORE)


def test_the_worst_of_a_request_is_the_largest_of_its_limits_times_all_its_replies(
    tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts.serve([scripts.good("x = 1")])
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "-o", tmp_path / "run", "--generate-only"]
    base += ["--limit", "1", "--max-tokens-total", "3000"]
    too_much = (
        ("max_completion_tokens=4000",),
        ("max_completion_tokens=10", "max_new_tokens=4000"),
        ("max_completion_tokens=1000", "best_of=4"),
    )
    for fields in too_much:
        more = [word for field in fields for word in ("--extra-body", field)]
        assert run(*base, *more, "-o", tmp_path / fields[-1]) == 5
    assert script.bodies == []
    capsys.readouterr()
    assert run(*base, "--extra-body", "max_completion_tokens=1000", "--dry-run") == 0
    assert "at most 1,000 (" in capsys.readouterr().out
    assert run(*base, "--extra-body", "max_completion_tokens=1000") == 0
    assert [body["max_completion_tokens"] for body in script.bodies] == [1000]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (('max_completion_tokens="9"',), "whole number"),
        (("max_completion_tokens=true",), "whole number"),
        (("max_completion_tokens=1.5",), "whole number"),
        (("max_completion_tokens=9", "--max-tokens", "9"), "leave one out"),
    ],
)
def test_an_extra_limit_that_cannot_be_meant_is_refused(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run", "--extra-body")
    assert run(*base, *more) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def in_doubt(scripts: Any, finish: str | None, text: str = "") -> Any:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 1000, "completion_tokens": 10}
    return scripts.Step(body=json.dumps({"choices": [choice], "usage": usage}).encode())


def test_what_was_paid_for_samples_that_are_still_owed_counts_on_resuming(
    tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts.serve([in_doubt(scripts, "content_filter")])  # 1000 + 10 tokens, three times, for nothing
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "-o", tmp_path / "run", "--generate-only"]
    base += ["--limit", "1", "--max-tokens", "10", "--resume"]
    assert run(*base) == 5
    assert len(script.bodies) == 3
    assert read_ledger(tmp_path / "run").spent.input_tokens == 3000
    assert read_ledger(tmp_path / "run").spent.output_tokens == 30
    assert run(*base, "--max-tokens-total", "3031") == 5
    assert len(script.bodies) == 3  # one token is left
    assert "3030 of 3031 tokens" in capsys.readouterr().err
    merge_runs([tmp_path / "run"], tmp_path / "merged")
    assert read_ledger(tmp_path / "merged").spent.input_tokens == 3000


@pytest.mark.parametrize("finish", ["stop", "content_filter", None])
def test_replies_in_doubt_are_paid_for_and_not_repeated_beyond_the_budget(
    finish: str | None, tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts.serve([in_doubt(scripts, finish)])
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "-o", tmp_path / "run", "--generate-only"]
    assert run(*base, "--limit", "4", "--max-tokens", "100", "--max-tokens-total", "3000") == 5
    assert len(script.bodies) == 2
    assert "(2020 of 3000 tokens)" in capsys.readouterr().err
    reasons = [json.loads(line)["reason"] for line in (tmp_path / "run" / "owed.jsonl").read_text().splitlines()]
    assert "the budget does not allow to ask again" in reasons[0]


def test_the_usage_of_a_sample_is_all_that_was_paid_for_it(tmp_path: Path, scripts: Any) -> None:
    script = scripts.serve([in_doubt(scripts, "stop"), in_doubt(scripts, "content_filter"), scripts.good("x = 1")])
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "-o", tmp_path / "run", "--generate-only"]
    assert run(*base, "--limit", "1", "--max-tokens", "100", "--max-tokens-total", "9000") == 0
    (row,) = load_run(tmp_path / "run").samples.values()
    assert row.usage is not None
    assert (row.usage.input_tokens, row.usage.output_tokens, row.attempts) == (2003, 25, 3)


@pytest.mark.parametrize("more", [("--max-cost", "1"), ("--max-cost", "1", "--max-tokens", "9"), ("--price-in", "1")])
def test_a_limit_that_could_not_be_kept_is_refused(more: tuple[str, ...], tmp_path: Path) -> None:
    assert run("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run", *more) == 2
    assert not (tmp_path / "run").exists()


def test_a_dry_run_says_what_it_would_cost_and_neither_asks_nor_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = write(tmp_path / "prices.toml", '["m"]\nin = 1.0\nout = 2\n')
    more = ("--epochs", "3", "--max-tokens", "100", "--prices", prices, "--dry-run", "--limit", "10")
    assert run("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run", *more) == 0
    shown = capsys.readouterr().out
    assert "requests  30 for 30 samples" in shown
    assert "at most 3,000 (4 characters a token" in shown
    assert "money     about 0.0" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["prices.toml"]


def test_a_dry_run_of_very_many_samples_says_so_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run", "--dry-run")
    before = time.monotonic()
    assert run(*base, "--epochs", "1000000", "--batch-n", "3") == 0
    assert time.monotonic() - before < 10
    assert f"requests  {333_334 * len(CORE):,} for {1_000_000 * len(CORE):,} samples" in capsys.readouterr().out
    assert run(*base, "--epochs", "99999999999") == 2
    file = write(tmp_path / "runs.toml", "[[models]]\nname = 'm'\nepochs = 99999999999\n")
    assert run(*base, "--config", file) == 2


@pytest.mark.parametrize("batch", ["1", "3"])
def test_an_estimate_is_the_same_whether_it_is_counted_out_or_not(batch: str) -> None:
    tasks = {task.id: task for task in CORE}
    asking = Asking("m", "chat", Sampling(7, max_tokens=5), int(batch))
    keys = ((task, epoch) for task in tasks for epoch in range(7))
    assert estimate_new(tasks, asking) == estimate(keys, tasks, asking)


def test_a_cache_folder_without_a_cache_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run")
    assert run(*base, "--cache-dir", tmp_path / "cache") == 2
    assert "add --cache" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "said"), [("NOT_SET_X", "is not set"), ("sk-1 2", "never the key itself")])
def test_a_dry_run_misses_a_key_that_the_run_would_miss(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ("--suite", "core", "--model", "m", "--base-url", NOWHERE, "-o", tmp_path / "run", "--dry-run")
    assert run(*base, "--api-key-env", name) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["['m']\nin = 1", "['m']\nin = -1\nout = 1", "['m']\nin = 'x'\nout = 1", "m = 3", "["])
def test_prices_that_are_none_are_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = write(tmp_path / "prices.toml", text)
    assert run("--suite", "core", "--model", "m", "--base-url", NOWHERE, "--prices", prices, "--dry-run") == 2
    assert "prices.toml" in capsys.readouterr().err


# --- shares ---


def content(folder: Path) -> tuple[Any, Any]:
    found = load_run(folder)
    samples = {key: (row.text, row.code, row.assembly, row.request_digest) for key, row in found.samples.items()}
    return samples, {key: (row.verdict, row.tests, row.code_digest) for key, row in found.verdicts.items()}


def test_shares_are_stable_disjoint_and_complete() -> None:
    keys = [(f"t/{n}", epoch) for n in range(200) for epoch in range(5)]
    shares = [{key for key in keys if key in Shard(index, 3)} for index in (1, 2, 3)]
    assert sum(map(len, shares)) == len(set().union(*shares)) == len(keys)
    assert all(len(share) > 250 for share in shares)
    assert ("t/0", 0) in Shard(1, 3)  # for ever: shares of one run are made by different machines and releases
    for text in ("0/3", "4/3", "1", "1/0", "a/b"):
        with pytest.raises(BadInput, match="--shard"):
            Shard.parse(text)


def test_merged_shares_equal_a_run_that_was_not_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(Reference([CORE])) as base_url:
        more = ["--suite", "core", "--model", "reference", "--base-url", base_url, "--sandbox", "process"]
        more += ["--limit", "8", "--epochs", "2"]
        assert run(*more, "-o", tmp_path / "whole") == 0
        for share in (1, 2):
            assert run(*more, "-o", tmp_path / f"{share}", "--shard", f"{share}/2") == 0
        assert run(*more, "-o", tmp_path / "1", "--shard", "2/2", "--resume") == 2
        assert "shard.index: 1, now 2" in capsys.readouterr().err
        assert main(["merge", str(tmp_path / "1"), "-o", str(tmp_path / "half")]) == 5
        assert (
            run(*more, "-o", tmp_path / "half", "--resume") == 0
        )  # what it lacks is got as if it had never been split
        assert main(["merge", *(str(tmp_path / name) for name in "121"), "-o", str(tmp_path / "merged")]) == 0
    assert content(tmp_path / "merged") == content(tmp_path / "whole") == content(tmp_path / "half")
    assert load_run(tmp_path / "merged").owed == ()
    assert len((tmp_path / "merged" / "samples.jsonl").read_text().splitlines()) == 16


def test_what_does_not_belong_together_is_not_merged_and_nothing_is_left(
    tmp_path: Path, scripts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    script = scripts.serve([scripts.good("x = 1"), scripts.good("x = 2")])
    base = ["--suite", "core", "--model", "m", "--base-url", script.base_url, "--limit", "1", "--generate-only"]
    assert run(*base, "-o", tmp_path / "one") == 0
    assert run(*base, "-o", tmp_path / "two") == 0
    assert run(*base, "-o", tmp_path / "hot", "--temperature", "1") == 0
    before = sorted(path.name for path in tmp_path.iterdir())
    for other, said in (("hot", "sampling.temperature: not set, now 1"), ("two", "another answer"), ("no", "exist")):
        assert main(["merge", str(tmp_path / "one"), str(tmp_path / other), "-o", str(tmp_path / "new")]) == 2
        assert said in capsys.readouterr().err
    assert main(["merge", str(tmp_path / "one"), "-o", str(tmp_path / "two")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_samples_of_before_are_read_as_they_were(tmp_path: Path) -> None:
    row = {"task": "t", "epoch": 0, "text": "x", "code": "x", "assembly": "alone"}
    assert SampleRow.from_json(json.loads(json.dumps(row))) == SampleRow("t", 0, "x", "x", "alone")
    full = SampleRow("t", 0, "x", "x", "alone", reasoning="hm", reasoning_tokens=3, cached=True, model="m-1")
    assert SampleRow.from_json(full.to_json()) == full
