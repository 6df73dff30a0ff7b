"""What several test modules share: sites, a browser, models and tables of cases."""
