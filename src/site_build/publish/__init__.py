"""Turn built pages into the published site: metadata, package, archive, addresses."""
