"""Stand-ins in containers: images, one private network, one ERP for each worker, and nothing left behind."""
