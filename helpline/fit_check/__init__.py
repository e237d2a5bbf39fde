"""The fit check: its questions, what people answer in their own words, the rules of its result; and Rasa's form."""
