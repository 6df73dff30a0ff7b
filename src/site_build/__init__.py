"""What only the build of the site uses: commands, checks, execution, translation, publishing."""
