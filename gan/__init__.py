"""The domain: what a run is, how it trains and what it leaves on disk. Knows of no interface."""
