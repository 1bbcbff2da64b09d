"""Where evalrun keeps what it can make again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_dir() -> Path:
    """The cache folder (made if absent): ``EVALRUN_CACHE_DIR``, else the user's cache folder for evalrun."""
    named = os.environ.get("EVALRUN_CACHE_DIR")
    folder = Path(named) if named else user_cache_path("evalrun")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
