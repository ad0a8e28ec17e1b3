"""Questions about calls; reads only."""

from andon.selectors.calls import deeds_of, open_events
from andon.selectors.notices import unseen_notices
from andon.selectors.policies import levels_of, policy_for, response_types

__all__ = ["deeds_of", "levels_of", "open_events", "policy_for", "response_types", "unseen_notices"]
