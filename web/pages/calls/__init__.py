"""Calls, recordings, callbacks, contact law."""
