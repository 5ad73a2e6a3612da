"""From the bytes of a file to its canonical text and map."""
