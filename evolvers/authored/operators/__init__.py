"""Operators on code tasks that a model carries out."""
