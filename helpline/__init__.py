"""The IOP helpline assistant: everything that is ours and not Rasa configuration."""
