-- The organizations of an account, by name. Served by the index member_account.
SELECT organization.id, organization.name, organization.self_registered, member.role
FROM member JOIN organization ON organization.id = member.organization
WHERE member.account = ?1 ORDER BY organization.name_key;
