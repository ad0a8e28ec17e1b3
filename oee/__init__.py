"""OEE that can be trusted: sums of time and pieces, figures, losses, roll-ups and targets."""
