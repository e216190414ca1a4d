"""How fast this machine trains: the contestants, and the rounds in which they take turns."""
