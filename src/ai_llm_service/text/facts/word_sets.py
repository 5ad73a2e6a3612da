"""How lists of words are written here: as a text, which a reader takes in at a glance."""


def word_set(*lines: str) -> frozenset[str]:
    """The words of the lines."""
    return frozenset(word for line in lines for word in line.split())
