"""Break-glass: reading for administrators in an emergency, for an hour, with the data-protection officer told."""
