"""Print how the evolution loop fares beside other ways to spend the same budget, on simulated panels.

    python tests/speed/evolution_strategies.py [--seeds 40]

No model takes part. Each line: the geometric mean over seeds of (worth of the loop's tasks / worth of the other way's),
with a 95 % interval by a paired bootstrap over the seeds. Then the drift alarms: how often they fire where nothing
drifts, once and at any of ten looks, and where the types drift more and more.
"""

from __future__ import annotations

import argparse
import random
import sys

from evalrun.evolvers.loop.comparing import SCENARIOS, compare
from evalrun.evolvers.loop.describing import Features
from evalrun.evolvers.loop.drift import alarms, watch

TYPES = ("number -> number", "list -> list", "text -> text", "text -> bool", "list -> number")
TOPICS = ("numbers", "text", "sequences", "records")
LENGTHS = ("length 0", "length 1", "length 2")


def drawn(rng: random.Random, count: int, drift: float = 0.0) -> list[Features]:
    """Tasks. drift: the share whose types are all one."""
    return [
        Features(
            TYPES[0] if rng.random() < drift else rng.choice(TYPES), rng.choice(TOPICS), rng.choice(LENGTHS), 0.5
        )
        for _ in range(count)
    ]  # fmt: skip


def fired(seed: int, drift: float, looks: int) -> bool:
    """Whether there is an alarm at one of so many looks, after 24 more tasks each; 164 anchors."""
    rng = random.Random(f"{seed}/{drift}")
    anchors, evolved = drawn(rng, 164), drawn(rng, 24, drift)
    for _ in range(looks):
        if alarms(watch(anchors, evolved, seed)):
            return True
        evolved += drawn(rng, 24, drift)
    return False


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=40)
    seeds = range(parser.parse_args().seeds)
    print(f"{'scenario':22} {'the loop against':18} {'ratio':>6}  95 % interval   ({len(seeds)} seeds)")
    for scenario in SCENARIOS:
        for row in compare(seeds, scenario, watch=lambda done: print(".", end="", file=sys.stderr, flush=True)):
            print(f"{scenario.name:22} {row.other:18} {row.ratio:6.2f}  {row.low:.2f} to {row.high:.2f}", flush=True)
    many = range(5 * len(seeds))
    print(f"\n{'share that drifts':22} {'alarm at one look':>18} {'at any of ten':>14}   ({len(many)} seeds)")
    for drift in (0.0, 0.1, 0.2, 0.3, 0.5):
        once, often = (sum(fired(seed, drift, looks) for seed in many) / len(many) for looks in (1, 10))
        print(f"{drift:<22.0%} {once:18.1%} {often:14.1%}", flush=True)


if __name__ == "__main__":
    main()
