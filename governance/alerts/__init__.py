"""Odd looks: found within a minute, shown with their facts, and closed by a person with a reason."""
