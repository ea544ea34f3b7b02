"""The demo workspace: opened, finished, taken away."""
