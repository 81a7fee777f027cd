"""Asterisk, and the only place that imports panoramisk."""
