"""Users, rights, log-in and the audit trail."""
