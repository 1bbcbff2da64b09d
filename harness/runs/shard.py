"""A share of a run's samples, so that several machines can split one run: the same on all of them, by a stable hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...benchmarks import BadInput


@dataclass(frozen=True, slots=True)
class Shard:
    """Share ``index`` (from 1) of ``count``. Each (task, epoch) is in exactly one share, whatever else is asked."""

    index: int
    count: int

    @staticmethod
    def parse(text: str) -> Shard:
        """Read ``I/N``; BadInput where it is not one of 1/N to N/N."""
        found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
        shard = Shard(int(found[1]), int(found[2])) if found else None
        if shard is None or not 1 <= shard.index <= shard.count:
            raise BadInput(f"--shard {text[:40]!r}: expected I/N, from 1/N to N/N (for example 2/8)")
        return shard

    @staticmethod
    def of(manifest: Mapping[str, Any]) -> Shard | None:
        """The share that a run's manifest names, None for a whole run; KeyError or TypeError where it is damaged."""
        found = manifest.get("shard")
        return None if found is None else Shard(int(found["index"]), int(found["count"]))

    def to_json(self) -> dict[str, int]:
        """As the manifest holds it."""
        return {"index": self.index, "count": self.count}

    def __contains__(self, key: tuple[str, int]) -> bool:
        """Whether (task id, epoch) is in this share."""
        task, epoch = key
        found = hashlib.sha256(f"{epoch} {task}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(found[:8], "big") % self.count == self.index - 1
