"""From trained model to live model: the gate, publishing without a pause, and the way back."""
