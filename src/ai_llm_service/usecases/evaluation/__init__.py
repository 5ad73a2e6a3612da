"""Measures the service on questions whose answers are known."""
