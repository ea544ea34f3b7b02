"""Drift: each candidate against its pinned baseline, checked after every run."""
