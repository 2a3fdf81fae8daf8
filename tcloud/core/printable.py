"""Texts from outside, made fit for a line of a document."""


def single_line(text: str) -> str:
    """A text without anything that is not printable; white space becomes one space."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
