"""The operators on preference tasks that come with evalrun and that a model carries out."""
