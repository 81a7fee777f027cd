"""The audit trail: every change and every look at personal data, append-only and chained by hash."""
