"""`helpline channels check`: what is wrong with a channel's credentials and addresses, in plain words."""
