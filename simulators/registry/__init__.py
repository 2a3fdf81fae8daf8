"""The company and business registers' open-data API, with the demonstration's companies."""
