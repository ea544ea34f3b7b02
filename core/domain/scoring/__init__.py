"""Evaluators: each one file, pure, given a response and what it answers. See services.scoring for the registry."""
