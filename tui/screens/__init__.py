"""Screens: they read state and draw."""
