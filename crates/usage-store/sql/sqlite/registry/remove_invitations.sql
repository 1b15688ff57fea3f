-- Nobody is invited into an organization any more. Served by the index invitation_organization.
DELETE FROM invitation WHERE organization = ?1;
