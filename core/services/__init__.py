"""Each verb once: gather, decide (domain), write."""
