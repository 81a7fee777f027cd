"""The call floor's business and the front door."""
