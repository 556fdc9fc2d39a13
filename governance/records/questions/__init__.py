"""A family asks about one line of "who opened it", and whoever opened the record answers first."""
