"""What each kind of data offers to explain, and how it is drawn: the only modules here that know a kind from the inside."""
