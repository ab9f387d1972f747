"""Messaging channels of the tip-line: a port, an adapter for each platform, and a stand-in.

An adapter reads the text, its day and what is needed to answer; who wrote, forwarded or attached is not read.
"""
