"""ByteNite in memory: the read side of its jobs API; strict, seeded, with jobs that progress with the clock."""

from .app import create_app
from .data_sources import PLANTED
from .faults import Fault
from .meanings import MEANINGS, check_meaning
from .world import World

__all__ = ["MEANINGS", "PLANTED", "Fault", "World", "check_meaning", "create_app"]
