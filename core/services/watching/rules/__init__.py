"""Rules: what of the workspace raises an alert."""
