"""The reference of the web rows: a django-oscar shop with the products of our demonstration, in an environment of its own.

`bench.shops` makes the environment, fills the shop and serves it; nothing here is imported by the product or its tests.
"""
