"""Sites, areas, lines and machines: when they are planned to run and what state they were in.

Nouns: Site, Area, Line, Machine, ShiftPattern, CalendarException, StopReason, StateEvent (what a source said),
MachineState (the timeline built from it). Events: see signals.py.
"""
