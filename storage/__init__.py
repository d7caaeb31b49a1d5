"""Where things rest: database, blobs, full-text indexes, the work queue."""
