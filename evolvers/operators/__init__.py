"""The operators, each in a module of its own; found through the entry points in setup.cfg."""
