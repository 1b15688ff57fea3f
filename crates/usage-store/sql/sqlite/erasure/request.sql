-- Asks for an erasure of what is in the journal before place ?3.
INSERT INTO erasure (code, requested_at, until, product, cluster_id, server_id, organization, install_key)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
