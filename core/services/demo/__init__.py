"""The demo workspace that ships with the app: opening it, recording it anew, taking it away."""
