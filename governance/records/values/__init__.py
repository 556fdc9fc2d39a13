"""Element values beyond the roster, and what court orders keep from a guardian, from a CSV with columns of the district's own."""
