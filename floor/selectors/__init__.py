"""Questions of the floor; reads only."""
