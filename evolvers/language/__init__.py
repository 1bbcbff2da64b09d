"""What generated sentences can say: libraries of data, each entry with its words and its code."""
