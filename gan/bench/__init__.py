"""How fast this machine trains: contestants, and the rounds in which they take turns."""
