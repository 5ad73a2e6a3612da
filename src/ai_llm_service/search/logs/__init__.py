"""Logs: lines read as a table, mined into templates, told in a digest, counted exactly."""
