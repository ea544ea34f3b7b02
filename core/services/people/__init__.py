"""People: who they are, how they come in by a link, and what they may do and rate."""
