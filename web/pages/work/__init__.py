"""What is to be done: agenda, worklists, mass changes, imports."""
