"""Payments, settlements, commission."""
