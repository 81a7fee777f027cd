"""Reading bank files: one pure reader a format, from bytes to typed lines."""
