"""Reading: text and arrays in, values out.

Nothing in this room opens a database or the network, so that every function runs on any executor.
"""
