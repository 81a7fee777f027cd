"""Every table of the house, imported so that the metadata is whole before anybody creates or compares a schema."""

from core.kernel.db import Base
from core.kernel.jobs import model as jobs

metadata = Base.metadata

__all__ = ["jobs", "metadata"]
