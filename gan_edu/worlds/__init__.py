"""Sources of data that know their own truth: what is sampled, and what is exactly known of it."""
