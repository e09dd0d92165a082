"""Training: files to parts, parts to a trained network, and what is said of it."""
