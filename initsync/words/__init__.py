"""The words that every folder may use: names, failures, rules, values and times."""
