"""Two runs of one suite: what an update broke and fixed, and whether it may go out."""
