"""Smaller networks made out of a graph, for a teacher to teach."""
