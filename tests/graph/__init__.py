"""What bot/graph promises, against a small scripted Graph and against the emulated Entra."""
