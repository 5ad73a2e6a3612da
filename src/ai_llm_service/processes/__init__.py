"""The processes of one machine: the embedded broker, and the tree of parts under `up`."""
