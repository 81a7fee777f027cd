"""Debtors, their cases and debts."""
