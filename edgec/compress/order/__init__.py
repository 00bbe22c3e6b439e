"""The order of methods, found by experiment: which of two comes first, measured both ways.

After Shen et al. 2024, arXiv 2403.17447: both orders of every pair, a graph of precedence, a
topological sort. Ours are the statistics: paired seeds, an interval, and ties that stay ties.
"""
