"""Migrations, one file a revision; they run through `models.migrate`."""
