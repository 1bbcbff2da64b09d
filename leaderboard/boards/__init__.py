"""Runs of one set of tasks side by side: ranks, what a suite can tell, original against evolved."""
