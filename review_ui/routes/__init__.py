"""Routes of the site, one module a part; `review_ui.app` takes them all in."""
