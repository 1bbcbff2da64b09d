"""Scored preference pairs: read, measured and put into words."""
