-- Whether there is an operator. A scan of the accounts, which ends at the first one.
SELECT EXISTS (SELECT 1 FROM account WHERE operator = 1);
