"""ByteNite in memory: the read side of its jobs API; strict, seeded, with jobs that progress with the clock."""

from bytenite_mcp.simulator.app import create_app
from bytenite_mcp.simulator.data_sources import PLANTED
from bytenite_mcp.simulator.faults import Fault
from bytenite_mcp.simulator.meanings import MEANINGS, check_meaning
from bytenite_mcp.simulator.world import World

__all__ = ["MEANINGS", "PLANTED", "Fault", "World", "check_meaning", "create_app"]
