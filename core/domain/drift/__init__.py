"""Drift: what changed since a baseline beyond chance, and what it is put down to."""
