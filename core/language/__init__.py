"""The language of this process: sentences in the words of a catalogue, English without one."""
