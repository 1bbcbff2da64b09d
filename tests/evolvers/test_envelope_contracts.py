from __future__ import annotations

import runpy
from pathlib import Path

from evalrun.harness.sandbox import Sandbox

SCRIPT = Path(__file__).parents[1] / "speed" / "envelope_contracts.py"


def test_generated_inputs_keep_the_contracts_that_people_wrote_for_humaneval(
    shared_data: Path, sandbox: Sandbox
) -> None:
    path = shared_data / "humanevalplus" / "v0.1.10" / "HumanEvalPlus.jsonl.gz"
    rows = list(runpy.run_path(str(SCRIPT))["audit"](path, sandbox))
    inputs = sum(len(row.generated) for row in rows)
    refused = {row.task: row.refused for row in rows if row.refused}
    assert len(rows) == 164
    assert inputs > 2_900
    assert sum(map(len, refused.values())) <= 0.01 * inputs, refused
    assert len(refused) <= 4, refused
    assert 20 <= sum(row.envelope.structured for row in rows) <= 45
    assert [row.task for row in rows if row.envelope.structured and row.generated] == []
