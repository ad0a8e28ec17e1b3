"""Sending one message. Everything here waits for others, for seconds at most, and holds no lock meanwhile."""

from andon.delivery.errors import DeliveryFailed
from andon.delivery.send import send

__all__ = ["DeliveryFailed", "send"]
