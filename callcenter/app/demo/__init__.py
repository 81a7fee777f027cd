"""Invented people, creditors and debtors to try the product with: the same on every run."""
