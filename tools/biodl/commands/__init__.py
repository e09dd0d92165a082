"""One module a command; see :mod:`biodl.program.cli` for what each declares."""
