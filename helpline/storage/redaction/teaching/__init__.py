"""Learns the weights of the reader of names (`../reader.json`): `python -m helpline.storage.redaction.teaching`.

examples.jsonl holds messages with planted identifiers by several authors, contexts.txt where names stand, nicknames.txt
words that people go by. Ordinary messages are those of data/; in many of them somebody gets a name.
"""
