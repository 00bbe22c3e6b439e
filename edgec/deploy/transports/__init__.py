"""Ways to reach a board, one per file."""
