"""The command line `kiemchung`: one module a group of commands, each thin over the rest of `pipeline`."""
