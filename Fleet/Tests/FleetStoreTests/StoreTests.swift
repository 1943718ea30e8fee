import FleetStore
import Testing
