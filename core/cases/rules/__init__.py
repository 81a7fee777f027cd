"""Pure decisions over cases, debts, promises and work."""
