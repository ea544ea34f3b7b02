"""Our figures beside those of the methods' own authors, whose packages are installed apart from the project."""
