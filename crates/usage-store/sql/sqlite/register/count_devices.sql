-- How many device codes there are. A scan of the smallest index, of some thousand at most.
SELECT count(*) FROM register_device;
