"""Leaderboards: tallies of votes, how much raters weigh, boards with their intervals, and whether they are settled."""
