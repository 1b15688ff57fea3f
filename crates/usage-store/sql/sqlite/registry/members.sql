-- The members of an organization, the longest there first. Served by the primary keys of both.
SELECT account.id, account.email, member.role, member.since
FROM member JOIN account ON account.id = member.account
WHERE member.organization = ?1 ORDER BY member.since, account.id;
