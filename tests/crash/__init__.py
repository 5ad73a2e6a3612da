"""The process is killed at each named point of the engine, once."""
