"""The official geography: communes, EPCI, départements, régions."""
