"""The Cost & quality page."""
