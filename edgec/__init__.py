"""Makes a neural network small, lowers it for one board, puts it there and measures it."""
