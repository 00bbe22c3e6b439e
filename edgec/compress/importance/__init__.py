"""Pruning criteria, one file each; the contract is edgec.compress.criterion."""
