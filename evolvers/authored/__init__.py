"""Evolving with a model: an author proposes, blind solvers witness, the sandbox proves; a certificate names all calls."""
