"""Layers as products of two thinner ones: decompositions, ranks, and the surgery on the graph."""
