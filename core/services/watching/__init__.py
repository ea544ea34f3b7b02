"""Watching: what runs by itself, what changed since a baseline, and who is told."""
