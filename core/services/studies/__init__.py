"""Studies: what is asked of whom about which responses; drawing pairs, voting on them, how far they are."""
