"""One company, one vendor, plan lines, frozen facts; from draft to finished."""
