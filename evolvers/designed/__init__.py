"""Operators as data: a tree of typed primitives, one sentence that says it, and the proof that it is enough."""
