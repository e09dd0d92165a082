"""Data kinds: each reads a user's files and prepares arrays; nothing outside this folder knows a file format."""
