"""Tests of core.providers."""
