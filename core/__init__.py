"""Evenhand: which LLM should your users get?"""
