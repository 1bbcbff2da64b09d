"""Arguments that a call has changed: what the other side tells of them is done to the objects here, in place."""

from __future__ import annotations

from collections import Counter, deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Tuple


def update(old: Any, new: Any) -> None:
    """Make ``old`` equal ``new`` in place, item by item, so that whoever holds a part of it sees the change as well."""
    change = change_of(type(old))
    if change is not None and type(old) is type(new):
        change(old, new)


def change_of(kind: type) -> Any:
    """How a value of this type is made equal to another; None for what does not change."""
    return UPDATES.get(kind) or FOREIGN_UPDATES.get((kind.__module__.split(".")[0], kind.__name__))


def _kept(old: Any, new: Any) -> Any:
    if change_of(type(old)) is not None and type(old) is type(new):
        update(old, new)
        return old
    return new


def _update_list(old: List[Any], new: List[Any]) -> None:
    old[:] = [_kept(old[at], item) if at < len(old) else item for at, item in enumerate(new)]


def _update_dict(old: Dict[Any, Any], new: Dict[Any, Any]) -> None:
    kept = {key: _kept(old[key], value) if key in old else value for key, value in new.items()}
    old.clear()
    old.update(kept)


def _update_set(old: Any, new: Any) -> None:
    old.clear()
    old.update(new)


def _update_deque(old: Any, new: Any) -> None:
    old.clear()
    old.extend(new)


def _update_bytes(old: bytearray, new: bytearray) -> None:
    old[:] = new


def _update_array(old: Any, new: Any) -> None:
    if old.shape == new.shape:
        old[...] = new


FOREIGN_UPDATES: Dict[Tuple[str, str], Callable[[Any, Any], None]] = {
    ("numpy", "ndarray"): _update_array,
    ("pandas", "Series"): lambda old, new: old._update_inplace(new),
    ("pandas", "DataFrame"): lambda old, new: old._update_inplace(new),
}
UPDATES: Dict[type, Callable[[Any, Any], None]] = {
    list: _update_list,
    dict: _update_dict,
    set: _update_set,
    bytearray: _update_bytes,
    deque: _update_deque,
    Counter: _update_dict,
}
