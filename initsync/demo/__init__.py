"""`initsync demo`: the product's whole story on one machine, told with its real programs."""
