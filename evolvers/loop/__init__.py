"""The evolution loop: an archive of niches, a bandit over operators, fitness, lessons, safeguards."""
