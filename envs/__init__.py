"""The environments: one module each, literals only."""
