-- What the read model keeps although the journal doesn't. One row, or none.
SELECT horizon, seq, element, known_seq, known_element FROM kept;
