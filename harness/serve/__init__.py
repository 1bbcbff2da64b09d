"""An OpenAI-compatible server of built-in baselines and of recorded answers."""
