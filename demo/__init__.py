"""The sample province: six invented publishers, their pages and sixty tips, played by a loopback server.

It imports nothing of the product: the crawler meets it over HTTP like any other site.
"""
