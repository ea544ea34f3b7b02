"""Champion against challengers: what the evidence allows to decide."""
