"""Candidates: what a definition may hold, and adding, defining, listing, retiring them."""
