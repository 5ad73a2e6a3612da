"""A small document, and a session that holds it."""

from tests.shelf import Shelf

CLINIC = (
    "Dr. Meera Nair founded the clinic in Kochi in 1998. It treats about 40 patients a day. "
    "The clinic does not charge those who can't pay. In 2021 it opened a ward with 12 beds."
)


def clinic_shelf() -> Shelf:
    """The session `s` with the document `clinic.txt`."""
    shelf = Shelf()
    shelf.add("s", "clinic.txt", CLINIC)
    return shelf
