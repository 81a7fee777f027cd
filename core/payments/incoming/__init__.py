"""Payments as a kind of import: statements and tables become payments, matched and settled."""
