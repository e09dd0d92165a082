"""Training again and again on parts of the same samples: how good a way to train is, not one network."""
