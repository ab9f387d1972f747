"""A reproducible stream of Vietnamese texts of any size, desks filled from it, and what an item costs there.

`stream` makes the texts, `fill` puts millions of mentions into a desk as the stages would leave them, and
`cost` lets new texts go through every stage of it.
"""
