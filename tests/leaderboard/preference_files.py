"""Files of scored preference pairs made from the real data: judges of LLMBar, and log-likelihoods of 64 pairs."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalrun.benchmarks.jsonio import write_jsonl

JUDGES = {
    "GPT-4": "GPT-4__Metrics_Reference",
    "GPT-4, no rules": "GPT-4__Vanilla_NoRules",
    "PaLM 2": "PaLM2__Vanilla",
    "ChatGPT (June)": "ChatGPT__Vanilla",
    "ChatGPT (March)": "ChatGPT-0301__Vanilla",
    "LLaMA 2 70B Chat": "LLaMA2__Vanilla",
    "Falcon 180B Chat": "Falcon__Vanilla",
}
SETS = ("Natural", "Neighbor")


def write_judges(folder: Path, data: Path, judges: Mapping[str, str] = JUDGES) -> list[Path]:
    """One file a judge, with every pair in both orders; categories are the sets."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, (label, source) in enumerate(judges.items()):
        path = folder / f"judge-{number}.jsonl"
        header = {"schema": 1, "model": label, "mode": "judge", "suite": "llmbar", "created": "2026-02-03T00:00:00Z"}
        write_jsonl(path, [header, *(row for name in SETS for row in _judged(data / "llmbar" / name, source))])
        paths.append(path)
    return paths


def _judged(folder: Path, source: str) -> Iterator[dict[str, Any]]:
    texts = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    for line in gzip.decompress((folder / f"{source}.jsonl.gz").read_bytes()).splitlines():
        row = json.loads(line)
        label, text = row["label"], texts[row["i"]]
        said = [
            "unreadable" if row[order] is None else "chosen" if int(row[order]) == label else "rejected"
            for order in ("winner_orig", "winner_swap")
        ]
        # The original order shows answer 1 first.
        forward, backward = said if label == 1 else said[::-1]
        yield {
            "pair": f"{folder.name}/{row['i']}",
            "category": folder.name,
            "criterion": "short instruction" if len(text["input"]) < 120 else "long instruction",
            "choice_forward": forward,
            "choice_backward": backward,
            "chosen_bytes": len(text[f"output_{label}"].encode()),
            "rejected_bytes": len(text[f"output_{3 - label}"].encode()),
        }


def write_loglikelihoods(folder: Path, data: Path) -> Path:
    """The policy's scores of 64 pairs, with its reference's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "policy.jsonl"
    source = data / "optimml_logprobs" / "014_pairwise_3B_reddit_tldr_noise0.0_seed47_rows.csv"
    with source.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    header = {
        "schema": 1, "model": "3B policy", "mode": "loglikelihood", "suite": "reddit-tldr", "score_unit": "sequence",
        "created": "2026-02-03T00:00:00Z",
    }  # fmt: skip
    pairs = [
        {
            "pair": str(number),
            "chosen_score": float(row["policy_chosen_logp"]),
            "rejected_score": float(row["policy_rejected_logp"]),
            "reference_chosen_score": float(row["sft_chosen_logp"]),
            "reference_rejected_score": float(row["sft_rejected_logp"]),
        }
        for number, row in enumerate(rows)
    ]
    write_jsonl(path, [header, *pairs])
    return path


def write_everything(folder: Path) -> list[Path]:
    """Two files with all that scored pairs can say, small enough to be worked out by hand.

    First: a policy on 6 pairs (two groups of raters, reference scores, twins that keep and turn over the label), a tie
    and a ranking of three. Second: the same model told of the group "young", which it follows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, told in enumerate(("", "young")):
        header = {
            "schema": 1, "model": "policy", "mode": "loglikelihood", "how": "echo", "suite": "toy@1",
            "created": "2026-02-03T00:00:00Z", **({"conditioned_on": told} if told else {}),
        }  # fmt: skip
        path = folder / f"everything-{number}.jsonl"
        write_jsonl(path, [header, *_everything(told)])
        paths.append(path)
    return paths


def _everything(told: str) -> Iterator[dict[str, Any]]:
    sizes = {"chosen_tokens": 2, "rejected_tokens": 1, "chosen_bytes": 8, "rejected_bytes": 4}
    votes = {"old": {"chosen": 4}, "young": {"chosen": 1, "rejected": 2, "tie": 1}}
    for number in range(4):
        right = number < 3 if not told else number < 1  # the young prefer the others
        yield {
            "pair": f"p{number}", "category": "root", "family": f"f{number}", "votes": votes, **sizes,
            "chosen_score": -2.0 if right else -4.0, "rejected_score": -3.0,
            "reference_chosen_score": -4.0 + number, "reference_rejected_score": -3.0,
            "chosen_l2": 2.0, "rejected_l2": 3.0, "chosen_distance": 0.5, "rejected_distance": 0.25,
        }  # fmt: skip
    twins = (("p0", "pad", "preserve", True), ("p1", "pad", "preserve", False), ("p2", "invert", "invert", True))
    for parent, operator, effect, right in twins:
        yield {
            "pair": f"{parent}~{operator}", "category": "evolved", "family": f"f{parent[1:]}", "parent": parent,
            "operator": operator, "effect": effect, **sizes,
            "chosen_score": -2.0 if right else -4.0, "rejected_score": -3.0,
        }  # fmt: skip
    yield {"pair": "stray", "category": "evolved", "parent": "gone", "operator": "pad", "effect": "preserve",
           "chosen_score": -1.0, "rejected_score": -2.0, **sizes}  # fmt: skip
    yield {"pair": "even", "category": "tie", "tied": True, "chosen_score": -2.0, "rejected_score": -1.005, **sizes}
    scores = {"a": -1.0, "b": -3.0, "c": -2.0}
    for better, worse in (("a", "b"), ("a", "c"), ("b", "c")):
        yield {
            "pair": f"r/{better}{worse}", "category": "ranking", "family": "r", "task": "r", "chosen_id": better,
            "rejected_id": worse, "chosen_score": scores[better], "rejected_score": scores[worse], **sizes,
        }  # fmt: skip


if __name__ == "__main__":
    target, source = Path(sys.argv[1]), Path(sys.argv[2])
    print("\n".join(map(str, [*write_judges(target, source), write_loglikelihoods(target, source)])))
