"""Puts a bundle on a board: facts, a plan of steps, then one atomic switch."""
