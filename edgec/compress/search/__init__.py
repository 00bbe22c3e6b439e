"""Finds the strengths of a recipe's methods that keep its limits."""
