"""What arguments a task is defined for, inferred from its tests, and new ones of that kind."""
