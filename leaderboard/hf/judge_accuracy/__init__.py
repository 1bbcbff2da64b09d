"""An `evaluate` module; load it with `evaluate.load(module_path(...))`, not by importing it."""
