"""The component between browser and card on the citizen's computer (HiPKI), with virtual cards."""
