"""The pages: what a reader sees of the numbers. Nothing is computed here that `leaderboard` does not know elsewhere."""
