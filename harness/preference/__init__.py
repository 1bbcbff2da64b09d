"""Asking models which of several responses they prefer: by log-likelihood, by forced choice, or as a judge."""
