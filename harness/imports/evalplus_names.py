"""EvalPlus says the model, the backend and the temperature in the names of its files and folders only."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from .api import Imported

_NAME = re.compile(
    r"(?P<model>.+)_(?P<backend>vllm|hf|openai|anthropic|google|bedrock|ollama|mistral|gptqmodel|incoder|vicuna)"
    r"_temp_(?P<temperature>\d{1,3}(?:\.\d{1,6})?)(?P<rest>[-._].*)?"
)


def named_by_evalplus(path: Path, imported: Imported) -> Imported:
    """With what the file's name tells, where it is such a name."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        return imported
    temperature = float(found["temperature"])
    return replace(
        imported,
        tool="EvalPlus",
        model=imported.model or found["model"].replace("--", "/"),
        sampling={"temperature": temperature, **imported.sampling},
        settings={"backend": found["backend"], **imported.settings},
    )
