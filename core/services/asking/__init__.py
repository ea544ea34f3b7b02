"""Asking a model: one call with its tries, backing off, pace, spending limit and cost; a conversation; a trial call."""
