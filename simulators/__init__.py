"""The outside world as separate processes; never imported by tcloud."""
