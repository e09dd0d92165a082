"""Networks: put together, run, described, saved and opened."""
