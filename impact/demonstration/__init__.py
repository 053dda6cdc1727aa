"""The demonstration: fourteen months of a fictitious scheme in Gironde, played through the services themselves."""
