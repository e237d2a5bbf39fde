"""What staff change without programming: examples, answers, topics, stories; written as plain YAML and git commits."""
