"""Operators that turn preference tasks into new ones, and the evidence that each label still holds."""
