"""Tables of a session: found in documents, computed with SQL."""
