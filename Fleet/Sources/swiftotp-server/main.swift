import FleetNetwork
import OTPWire
