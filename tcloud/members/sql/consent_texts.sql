-- What somebody agreed to stays word for word; a new wording is a new row.

CREATE TRIGGER consent_text_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON members_consenttext
    FOR EACH STATEMENT EXECUTE FUNCTION members_consent_append_only();
