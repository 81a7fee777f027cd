"""Audio files: spool, storage, streaming, peaks."""
