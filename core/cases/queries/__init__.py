"""What is read of cases, debts, promises and work."""
