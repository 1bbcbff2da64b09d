"""Every number about runs and every page of them. It reads records; it never touches a model or a sandbox.

From the ground up: `metrics` holds the formulas, plain functions of plain numbers; `records` reads run folders into
tables; `boards`, `updates`, `scorecards` and `preferences` turn tables into numbers (runs of one set of tasks side by
side, two runs of one suite, one run by itself, scored pairs), and `words` and `data` say how numbers are written; only
`site` knows what a reader of pages sees. `hf` offers the formulas as Hugging Face `evaluate` modules.
"""

from __future__ import annotations
