"""Weights that are zero in a pattern, and the others changed so that the layer does the same."""
