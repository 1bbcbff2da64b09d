"""One run by itself: its score, cost, weak spots and failures."""
