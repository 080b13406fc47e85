"""An HTTP door for other programs, off by default: the dialects of OpenAI and of AUTOMATIC1111's program."""
