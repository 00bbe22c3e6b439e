"""Measures a model on a board: latency, memory, energy, accuracy; and reports it."""
