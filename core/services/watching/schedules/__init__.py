"""Schedules: when a dataset is evaluated again by itself, and what became of each time."""
