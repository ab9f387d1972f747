"""Cà Mau for Kiểm Chứng. The package is data: `province.toml` says what is here, and nothing of it is run."""
