"""What only the build of the site uses: its commands, its guards and where it runs the pages."""
