"""Every way in: REST, pages, worker, command line. Translates; decides nothing."""
