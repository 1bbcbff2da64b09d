"""Comparing values of numpy and pandas that came out of the strict codec: by kind, shape, labels and values.

Shapes are compared first, so that nothing is ever broadcast; what numpy's own ``==`` would do item by item never
decides. An array equals an array only, a Series a Series, and so on; never a list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .compare import Comparator

Same = Callable[[Any, Any, "Comparator"], bool]


def is_foreign(value: Any) -> bool:
    """Whether a plain value is one of numpy or pandas."""
    return type(value).__module__.partition(".")[0] in ("numpy", "pandas")


def same_foreign(got: Any, expected: Any, how: Comparator, same: Same) -> bool:
    """Whether two values match of which one is foreign; ``same`` compares what is inside."""
    import numpy as np

    if got is expected:  # also NaT and NA, which equal nothing
        return True
    if isinstance(got, np.ndarray) and isinstance(expected, np.ndarray):
        return _same_arrays(got, expected, how, same)
    if isinstance(got, np.datetime64 | np.timedelta64):
        return type(got) is type(expected) and _same_arrays(np.asarray(got), np.asarray(expected), how, same)
    if isinstance(got, np.ndarray) or isinstance(expected, np.ndarray):
        return False
    import pandas as pd

    for kind in (pd.DataFrame, pd.Series, pd.Index):
        if isinstance(got, kind) or isinstance(expected, kind):
            return isinstance(got, kind) and isinstance(expected, kind) and _same_holders(got, expected, how, same)
    if isinstance(got, pd.Categorical) and isinstance(expected, pd.Categorical):
        return _same_holders(pd.Series(got), pd.Series(expected), how, same)
    moments = (pd.Timestamp, pd.Timedelta)
    if type(got) is type(expected) or how.types == "python":
        return (isinstance(got, moments) or isinstance(expected, moments)) and got == expected
    return False


def _same_holders(got: Any, expected: Any, how: Comparator, same: Same) -> bool:
    import pandas as pd

    if got.shape != expected.shape:
        return False
    exact = how.types == "exact"
    if exact and isinstance(got, pd.Index) and isinstance(got, pd.MultiIndex) != isinstance(expected, pd.MultiIndex):
        return False
    if isinstance(got, pd.DataFrame):
        if not (same(got.columns, expected.columns, how) and same(got.index, expected.index, how)):
            return False
        count = got.shape[1]
        return all(_same_columns(got.iloc[:, at], expected.iloc[:, at], how, same) for at in range(count))
    if isinstance(got, pd.MultiIndex) and isinstance(expected, pd.MultiIndex):
        if got.nlevels != expected.nlevels or (exact and not same(list(got.names), list(expected.names), how)):
            return False
        levels = range(got.nlevels)
        return all(_same_columns(got.get_level_values(at), expected.get_level_values(at), how, same) for at in levels)
    if exact and not same(got.name, expected.name, how):
        return False
    if isinstance(got, pd.Series) and not same(got.index, expected.index, how):
        return False
    return _same_columns(got, expected, how, same)


def _same_columns(got: Any, expected: Any, how: Comparator, same: Same) -> bool:
    """Whether two columns of one length hold the same: missing values in the same places, and equal ones elsewhere."""
    if how.types == "exact" and str(got.dtype) != str(expected.dtype):
        return False
    if all(one.dtype.kind != "O" and "numpy" in type(one.dtype).__module__ for one in (got, expected)):
        return _same_arrays(got.to_numpy(), expected.to_numpy(), how, same)
    left, right = got.isna(), expected.isna()
    if (left != right).any():
        return False
    pairs = zip(left, got.to_numpy(dtype=object), expected.to_numpy(dtype=object), strict=True)
    return all(gone or same(_plain(a), _plain(b), how) for gone, a, b in pairs)


def _plain(value: Any) -> Any:
    """A Python scalar for a scalar of numpy."""
    import numpy as np

    return value.item() if isinstance(value, np.bool_ | np.number) else value


def _same_arrays(got: Any, expected: Any, how: Comparator, same: Same) -> bool:
    import numpy as np

    if got.shape != expected.shape:
        return False
    left, right = got.dtype.kind, expected.dtype.kind
    if how.types == "exact" and (left != right or (left not in "US" and got.dtype != expected.dtype)):
        return False
    if left == right and left in "fc":
        parts = [(got, expected)] if left == "f" else [(got.real, expected.real), (got.imag, expected.imag)]
        close = (np.isclose(a, b, rtol=how.rtol, atol=how.atol, equal_nan=True) for a, b in parts)
        with np.errstate(all="ignore"):
            return all(bool(found.all()) for found in close)
    if left == right and left in "mM":
        return bool(((got == expected) | (np.isnat(got) & np.isnat(expected))).all())
    if left == right and left in "biUS":
        return bool((got == expected).all())
    if (left in "mM") != (right in "mM"):
        return False
    pairs = zip(got.ravel().tolist(), expected.ravel().tolist(), strict=True)
    return all(same(a, b, how) for a, b in pairs)
