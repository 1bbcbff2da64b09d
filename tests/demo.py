"""A demonstration site of real answers: scores them in the sandbox and publishes them.

    python -m tests.demo DATA -o demo

DATA is a folder of public answer files (names below: HumanEval's tasks, the answers to them of several models that
others published, EvoEval's sets with two models' answers, judged preference pairs); what is not there is left out and
said. OUTPUT gets suites/, runs/ and site/; a second call goes on where the first was stopped.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from evalrun.benchmarks import Suite
from evalrun.harness.cli import main as evalrun
from evalrun.harness.serve.baselines import BASELINES
from evalrun.harness.serve.server import serving

from .leaderboard.preference_files import write_judges, write_loglikelihoods

HUMANEVAL = "humaneval/HumanEval.jsonl.gz"
OTHERS = "llm_humaneval_benchmarks/samples"
#: label: (file of answers, how they are put together)
ANSWERS = {
    "gpt-4 (March 2023)": (f"{OTHERS}/gpt4_final_500c_long.jsonl.gz", "append"),
    "gpt-3.5-turbo (March 2023)": (f"{OTHERS}/gpt3_final_500c_long.jsonl.gz", "append"),
    "claude-1": (f"{OTHERS}/Claude_custom.jsonl.gz", "append"),
    "WizardLM-30B": (f"{OTHERS}/TheBloke_WizardLM-30B-GPTQ_VICUNA_MEDIUM.jsonl.gz", "append"),
    "wizardLM-13B-1.0": (f"{OTHERS}/TheBloke_wizardLM-13B-1.0-GPTQ_ALPACA_LONG_FIXED.jsonl.gz", "append"),
    "wizardLM-7B": (f"{OTHERS}/TheBloke_wizardLM-7B-GPTQ_ALPACA_LONG_FIXED.jsonl.gz", "append"),
    "guanaco-33B": (f"{OTHERS}/TheBloke_guanaco-33B-GPTQ_ALPACA_LONG_FIXED.jsonl.gz", "append"),
    "guanaco-13B": (f"{OTHERS}/TheBloke_guanaco-13B-GPTQ_ALPACA_LONG_FIXED.jsonl.gz", "append"),
    "text-davinci-003": ("reflexion_runs/humaneval_text-davinci-003.jsonl.gz", "append"),
    "gpt-4 (Reflexion)": ("reflexion_runs/humaneval_gpt-4_run1.jsonl.gz", "append"),
    "chatgpt": ("evoeval_solutions/chatgpt/humaneval.jsonl.gz", "alone"),
    "gpt-4": ("evoeval_solutions/gpt-4/humaneval.jsonl.gz", "alone"),
    "CodeGen-Mono-16B": ("codet_codegen16b/truncated_first20.jsonl.gz", "append"),
}
EVOEVAL = ("EvoEval_subtle", "EvoEval_difficult")
PAIRS = (
    ("gpt-3.5-turbo (March 2023)", "gpt-4 (March 2023)"),
    ("chatgpt", "gpt-4"),
    ("wizardLM-7B", "wizardLM-13B-1.0"),
    ("reference", "memorizer"),
)


def main() -> int:
    """Score what is there, then publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of answer files")
    parser.add_argument("-o", "--output", type=Path, default=Path("demo"), help="folder to write (demo)")
    parser.add_argument("--sandbox", default="auto", help="as of `evalrun score`")
    given = parser.parse_args()
    suites, runs = given.output / "suites", given.output / "runs"
    humaneval = given.data / HUMANEVAL
    if not humaneval.is_file():
        parser.error(f"{humaneval}: not there; give the folder that holds {HUMANEVAL}")
    sandbox = ["--sandbox", given.sandbox]
    for label, (file, assembly) in ANSWERS.items():
        _score(given.data / file, humaneval, runs / f"humaneval {label}", label, ["--assembly", assembly, *sandbox])
    for name in EVOEVAL:
        for model in ("chatgpt", "gpt-4"):
            answers = given.data / "evoeval_solutions" / model / f"{name}.jsonl.gz"
            problems = given.data / "evoeval_problems" / f"{name}.jsonl.gz"
            _score(answers, problems, runs / f"{name} {model}", model, ["--assembly", "alone", *sandbox])
    evolved = suites / "humaneval-evolved"
    if not evolved.exists():
        _do(
            "evolve",
            humaneval,
            "--operators",
            "rename,compose_post+rename,guard_clause+rename",
            "--name",
            "HumanEval-evolved",
            "-o",
            evolved,
        )
    _ask_baselines(humaneval, evolved, runs, sandbox)
    return _publish(given.data, humaneval, evolved, sorted(runs.iterdir()), given.output / "site")


def _score(answers: Path, suite: Path, run: Path, label: str, options: Sequence[str]) -> None:
    if not answers.is_file() or not suite.is_file():
        print(f"{answers}: not there, left out", file=sys.stderr)
    else:
        _do("score", answers, "--suite", suite, "--model", label, "-o", run, "--resume", *options)


def _ask_baselines(humaneval: Path, evolved: Path, runs: Path, options: Sequence[str]) -> None:
    """The control baselines on both suites: the reference knows both, the others HumanEval alone."""
    known, fresh = Suite.load(humaneval), Suite.load(evolved)
    models = [make([known, fresh] if name == "reference" else [known]) for name, make in BASELINES.items()]
    with serving(models) as url:
        for model in models:
            for where, suite in (("humaneval", humaneval), ("evolved", evolved)):
                run = runs / f"{where} {model.name}"
                # The address differs each time, so that a run that is whole is not asked for again.
                if not (run / "verdicts.jsonl").is_file():
                    _do("run", "--suite", suite, "--model", model.name, "--base-url", url, "-o", run, *options)


def _publish(data: Path, humaneval: Path, evolved: Path, runs: Sequence[Path], site: Path) -> int:
    suites = [humaneval, evolved, *(data / "evoeval_problems" / f"{name}.jsonl.gz" for name in EVOEVAL)]
    options = [part for suite in suites if suite.exists() for part in ("--suite", suite)]
    options += [part for name in BASELINES for part in ("--control", name)]
    options += [part for file in _preferences(data, site.parent / "preferences") for part in ("--preferences", file)]
    options += [part for old, new in PAIRS for part in ("--pair", f"{old}:{new}")]
    return _do("leaderboard", *runs, "-o", site, "--title", "HumanEval, remembered and renewed", *options)


def _preferences(data: Path, folder: Path) -> list[Path]:
    if not (data / "llmbar").is_dir() or not (data / "optimml_logprobs").is_dir():
        print(f"{data}: holds no judged preference pairs, left out", file=sys.stderr)
        return []
    return [*write_judges(folder, data), write_loglikelihoods(folder, data)]


def _do(*arguments: str | Path) -> int:
    """One evalrun command; what it says in error ends everything, but that samples are owed does not."""
    texts = [str(argument) for argument in arguments]
    print("$ " + shlex.join(["evalrun", *texts]), flush=True)
    code = evalrun(texts)
    if code not in (0, 5):
        sys.exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
