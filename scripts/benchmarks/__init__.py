"""What `scripts/bench` runs: one module per command, and the pieces that they share."""
