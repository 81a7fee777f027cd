"""Up to when everything was reported, kept in a file so that a new start knows what it has to repair."""

import json
import os
from datetime import datetime
from pathlib import Path


class Watermark:
    """One moment per file. A missing or broken file is a moment nobody knows (None)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> datetime | None:
        try:
            return datetime.fromisoformat(json.loads(self._path.read_text(encoding="utf-8"))["seen_until"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, at: datetime) -> None:
        """Replace the file in one step, so that a crash leaves the old or the new moment."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.write_text(json.dumps({"seen_until": at.isoformat()}), encoding="utf-8")
        os.replace(fresh, self._path)
