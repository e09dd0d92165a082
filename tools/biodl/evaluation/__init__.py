"""Evaluation: a network judged on samples that it never saw, beside other models."""
