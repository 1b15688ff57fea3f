-- Messages about an erased cluster go: its id as JSON writes it, ?1. A scan: what waits is bounded.
DELETE FROM webhook_message WHERE instr(body, ?1) > 0;
