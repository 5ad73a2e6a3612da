"""Who writes the answers: one file per vendor wire."""
