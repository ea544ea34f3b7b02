"""Runs through the real gateways that teams put in front of their models, installed apart from the project."""
