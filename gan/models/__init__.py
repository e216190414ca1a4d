"""The presets: pairs of networks."""
