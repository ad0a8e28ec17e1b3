"""Sites, areas, lines and machines: when they are planned to run and what state they were in."""
