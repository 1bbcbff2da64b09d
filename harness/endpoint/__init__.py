"""Endpoints: what is asked of a model, how it is asked over HTTP, and the code found in its reply."""
