"""Data: each kind reads a user's files and prepares arrays; nothing outside this room knows a file format."""
