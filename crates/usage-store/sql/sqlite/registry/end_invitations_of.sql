-- Ends open invitations into organization ?1, or with NULL of operators, that ?2 made: whoever lost the right
-- to invite must not come back by a link of their own. Few are open. Served by the index invitation_organization.
DELETE FROM invitation WHERE organization IS ?1 AND made_by = ?2 AND used_at IS NULL;
