"""From results to pages and plots. Measures nothing and knows no server's command line."""
