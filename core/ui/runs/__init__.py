"""The Runs page, and Re-evaluate in the sidebar."""
