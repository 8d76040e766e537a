"""One run, client side: session, tick order, collection of bundles, recording."""
