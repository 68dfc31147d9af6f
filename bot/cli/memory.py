"""What is loaded at the start stays to the end: Python's collector of garbage need not look through it for ever."""

import gc


def loading() -> None:
    """Collect nothing while modules are loaded: they bring half a million objects, and hardly one is garbage."""
    gc.disable()


def loaded() -> None:
    """Collect again, but for what is there by now.

    Looking through all of it takes a third of a second, in which nobody is answered, and comes when many ask at once.
    """
    gc.freeze()
    gc.enable()
