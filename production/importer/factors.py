"""What kind of loss a factor is when nobody says: by the words of its name. Pure."""

from __future__ import annotations

import re

# The first that fits wins: a "changeover failure" is a failure.
_WORDS = (
    ("BREAKDOWN", ("fail", "breakdown", "jam", "emergency", "고장", "비상")),
    ("SETUP", ("change", "changeover", "setup", "set-up", "adjust", "calibrat", "교체", "조정")),
    ("STARVED_BLOCKED", ("inventory", "shortage", "material", "starv", "block", "waiting", "자재", "재고")),
)


def category_of(name: str) -> str:
    """The loss category (equipment.choices.LossCategory) that the words of a factor's name suggest; else OTHER."""
    for category, words in _WORDS:
        if re.search("|".join(rf"(?<![a-z]){word}" for word in words), name.casefold()):
            return category
    return "OTHER"
