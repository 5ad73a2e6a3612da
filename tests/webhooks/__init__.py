"""Webhooks, with a receiver on a real port."""
