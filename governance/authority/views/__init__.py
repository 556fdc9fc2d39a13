"""Pages of the rules, the stewards and the published catalogue."""
