"""Early exits: where they go, their heads and training, their thresholds, what they save."""
