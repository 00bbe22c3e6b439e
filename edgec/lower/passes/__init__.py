"""Rewrites of the integer graph, one per file."""
