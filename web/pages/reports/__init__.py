"""Figures, charts and what is mailed."""
