"""Network families: each turns one encoded tensor into hidden features; heads, training and reports are shared."""
