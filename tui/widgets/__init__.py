"""Widgets: they read state and draw."""
