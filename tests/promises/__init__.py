"""The promises C1-C12 about hostile pages: each file proves one, in a reduced count and in full."""
