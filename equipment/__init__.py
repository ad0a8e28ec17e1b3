"""Sites, areas, lines and machines: when they are planned to run, what state they were in, how they are kept right.

Nouns: Site, Area, Line, Machine, ShiftPattern, CalendarException, StopReason, StateEvent (what a source said),
MachineState (the timeline built from it), Fault, MaintenanceOrder. Events: see signals.py.
"""
