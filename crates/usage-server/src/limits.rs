//! Every limit of the server, each with its reason. The limits of a report's content are
//! the store's (`usage_store::report`).
