"""Decide: the web app where staff work, and the public door. Server-rendered; works without JavaScript.

`review_ui.app.create_app` is the way in; everything it shows comes from `pipeline`.
"""
