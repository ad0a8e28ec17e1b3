"""Many records at once: everything they touch read and locked in a few statements, judged in memory, written by COPY."""
