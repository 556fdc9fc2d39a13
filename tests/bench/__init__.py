"""Ratios against a limit measured in the same run: `make bench`. One module a bench, each with `run(full) -> list of lines`."""
