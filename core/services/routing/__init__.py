"""Routing: a table of who answers which category, proposed from the evidence, decided by people, and run."""
