"""Schema migrations; every landed version's database upgrades from here on without loss."""
