"""Runs: one endpoint, one suite, one sampling configuration; recorded so that a kill loses nothing."""
