"""Operators on preference tasks that a model carries out, and what proves their labels."""
