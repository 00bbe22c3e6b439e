"""Experiments of compression on real data. Start one with: scripts/experiment NAME --help."""
