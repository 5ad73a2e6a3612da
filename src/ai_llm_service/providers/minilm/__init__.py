"""The built-in embedder: all-MiniLM-L6-v2 in int8, made from its official weights."""
