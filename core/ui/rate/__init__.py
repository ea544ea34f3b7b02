"""The pages of raters: rating and their own votes."""
