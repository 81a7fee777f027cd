"""Where siblings meet: one room's port, filled by another room's services. Nothing is decided here."""
