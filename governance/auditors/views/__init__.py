"""Auditors' own pages, and the district's pages about them. Every page that shows entries of the trail is a look with an entry of its own."""
