"""The `tcloud` command."""
