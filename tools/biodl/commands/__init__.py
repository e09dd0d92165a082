"""One module a command; see :mod:`biodl.cli` for what each declares."""
