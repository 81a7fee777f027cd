"""The one place where services are built and handed to each other, storey by storey."""

from callcenter.app.wiring.ground import Ground, People, ground, people
from callcenter.app.wiring.house import House, build

__all__ = ["Ground", "House", "People", "build", "ground", "people"]
