"""Employees: users, roles, profiles, departments, sessions and tokens, and who may see what."""
