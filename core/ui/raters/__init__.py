"""The Raters page."""
