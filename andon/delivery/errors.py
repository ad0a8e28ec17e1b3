"""What goes wrong outside."""


class DeliveryFailed(Exception):
    """The message did not arrive; the text says why, without the address."""
