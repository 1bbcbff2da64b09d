"""The verbs of this room, each in a module of its own."""
