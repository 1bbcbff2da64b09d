"""Operators on preference tasks that a model carries out, with judges and blind solvers as witnesses."""
