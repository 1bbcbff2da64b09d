"""Evolving with a model: an author proposes, blind solvers witness, the sandbox proves; certificates name all calls."""
