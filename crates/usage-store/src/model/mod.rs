//! The read model: everything about reports that is derived from the journal.
