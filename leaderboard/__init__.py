"""Every number about runs and every page of them. It reads records; it never touches a model or a sandbox.

The formulas live in `passk`, `intervals` and `flips`, plain functions of plain numbers. `table` reads run folders,
`board`, `evolved` and `comparison` turn tables into numbers, and only `view`, `figures` and `page` know what a reader
sees.
"""

from __future__ import annotations
