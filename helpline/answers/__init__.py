"""The words: topics with their citations, and how a reply is put together from them."""
