"""Reads over payments and repayments. ``payments.view`` reaches all of them, or those on cases in its reach."""
