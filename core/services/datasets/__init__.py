"""Datasets: their versions, prompts and responses, what goes with them, and getting everything out again."""
