"""The Candidates page: the list, the form, prices, trial calls, load tests."""
