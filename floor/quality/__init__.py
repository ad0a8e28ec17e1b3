"""Quality: what the steps measured, value after value, and whether the process is in control of it."""
