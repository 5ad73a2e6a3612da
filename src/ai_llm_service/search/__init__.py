"""From a file to passages to an answer."""
