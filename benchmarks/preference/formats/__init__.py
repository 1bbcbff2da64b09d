"""Foreign formats of preference data, told by the fields of their rows."""
