extension Schema {
    /// The steps from nothing to this version, one for each release that added something. A step
    /// that was released never changes.
    static let steps = [first]

    // All numbers are bigint, times are Unix seconds, and names compare by their bytes: an index must
    // not depend on the C library's idea of an alphabet, which changes.
    private static let first = [
        "CREATE SCHEMA swiftotp",
        // `codes_floor` is what the floor was at the last restore after which backup codes from
        // before had to end, because nobody had read in the logs which of them were used.
        """
        CREATE TABLE swiftotp.fleet (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),
            id uuid NOT NULL,
            schema bigint NOT NULL,
            floor bigint NOT NULL,
            codes_floor bigint NOT NULL DEFAULT 0,
            key_id bytea NOT NULL,
            marker bytea NOT NULL)
        """,
        // A record changes with each login: half of each page is left free, so that no index has to
        // change with it. What is sealed cannot be compressed.
        """
        CREATE TABLE swiftotp.users (
            id uuid PRIMARY KEY,
            realm text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            uid bigint NOT NULL,
            version bigint NOT NULL,
            key_id bytea NOT NULL,
            record bytea NOT NULL,
            enrolled boolean NOT NULL,
            authenticators bigint NOT NULL,
            backup_left bigint NOT NULL,
            failures bigint NOT NULL,
            closed boolean NOT NULL,
            last_login bigint NOT NULL,
            UNIQUE (realm, name)) WITH (fillfactor = 50)
        """,
        "ALTER TABLE swiftotp.users ALTER COLUMN record SET STORAGE EXTERNAL",
        // For lists; a login changes no UID.
        "CREATE INDEX users_uid ON swiftotp.users (realm, uid)",
        """
        CREATE TABLE swiftotp.strangers (
            user_id uuid NOT NULL,
            host_id uuid NOT NULL,
            failures bigint NOT NULL,
            last bigint NOT NULL,
            PRIMARY KEY (user_id, host_id)) WITH (fillfactor = 50)
        """,
        // What a host, an invite or a role lets somebody do has a MAC, by a key that is not here.
        """
        CREATE TABLE swiftotp.hosts (
            id uuid PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            realm text COLLATE "C" NOT NULL,
            rights text NOT NULL,
            generation bigint NOT NULL DEFAULT 1,
            joined bigint NOT NULL,
            revoked bigint,
            site bigint,
            last_seen bigint,
            quarantined bigint,
            budget bigint NOT NULL DEFAULT \(HostBudget.most),
            budget_at bigint NOT NULL DEFAULT 0,
            key_id bytea NOT NULL,
            mac bytea NOT NULL) WITH (fillfactor = 50)
        """,
        """
        CREATE TABLE swiftotp.invites (
            hash bytea PRIMARY KEY,
            host text COLLATE "C" NOT NULL,
            realm text COLLATE "C" NOT NULL,
            rights text NOT NULL,
            ends bigint NOT NULL,
            site boolean NOT NULL DEFAULT false,
            used bigint,
            key_id bytea NOT NULL,
            mac bytea NOT NULL)
        """,
        """
        CREATE TABLE swiftotp.roles (
            user_id uuid PRIMARY KEY,
            role text NOT NULL,
            key_id bytea NOT NULL,
            mac bytea NOT NULL)
        """,
        // One table, not one for each month: those would have to be made in time by somebody, or
        // nobody logs in on the first of a month. The owner deletes what is too old.
        """
        CREATE TABLE swiftotp.audit (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            mark bigint NOT NULL,
            at bigint NOT NULL,
            server text NOT NULL,
            host text COLLATE "C" NOT NULL,
            realm text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            actor text NOT NULL,
            user_id uuid,
            kind text NOT NULL,
            granted boolean NOT NULL,
            detail text NOT NULL,
            origin text NOT NULL)
        """,
        "CREATE INDEX audit_user ON swiftotp.audit (realm, name, seq)",
        "CREATE INDEX audit_host ON swiftotp.audit (host, seq)",
        // In the order of time already, so an index of a few pages is enough.
        "CREATE INDEX audit_at ON swiftotp.audit USING brin (at)",
        // What hosts told of offline answers is asked for every ten minutes, and is rare.
        "CREATE INDEX audit_offline ON swiftotp.audit (host, realm, name) WHERE kind = 'offline'",
        "CREATE INDEX audit_messages ON swiftotp.audit (at) WHERE kind = 'message'",
        // An old row put back is refused, whoever does it, unless the triggers are disabled first. The
        // function is called only then: calling it takes longer than the update.
        """
        CREATE FUNCTION swiftotp.guard() RETURNS trigger LANGUAGE plpgsql
            SET search_path = pg_catalog AS $$
        BEGIN
            RAISE EXCEPTION 'a user''s version begins with 1 and grows by one';
        END $$
        """,
        """
        CREATE TRIGGER guard_new BEFORE INSERT ON swiftotp.users FOR EACH ROW
            WHEN (NEW.version IS DISTINCT FROM 1) EXECUTE FUNCTION swiftotp.guard()
        """,
        """
        CREATE TRIGGER guard BEFORE UPDATE ON swiftotp.users FOR EACH ROW
            WHEN (NEW.id IS DISTINCT FROM OLD.id
                OR NEW.version IS DISTINCT FROM OLD.version + 1)
            EXECUTE FUNCTION swiftotp.guard()
        """,
    ]

    /// What the server may do, given anew after each step.
    static let grants = [
        "REVOKE ALL ON ALL TABLES IN SCHEMA swiftotp FROM \(serverRole)",
        "GRANT USAGE ON SCHEMA swiftotp TO \(serverRole)",
        "GRANT SELECT ON ALL TABLES IN SCHEMA swiftotp TO \(serverRole)",
        "GRANT INSERT ON swiftotp.users, swiftotp.strangers, swiftotp.hosts, swiftotp.invites,"
            + " swiftotp.roles, swiftotp.audit TO \(serverRole)",
        "GRANT UPDATE (name, uid, version, key_id, record, enrolled, authenticators, backup_left,"
            + " failures, closed, last_login) ON swiftotp.users TO \(serverRole)",
        "GRANT UPDATE (failures, last) ON swiftotp.strangers TO \(serverRole)",
        "GRANT UPDATE (realm, rights, generation, joined, revoked, site, last_seen, quarantined,"
            + " budget, budget_at, key_id, mac) ON swiftotp.hosts TO \(serverRole)",
        "GRANT UPDATE (used, key_id, mac) ON swiftotp.invites TO \(serverRole)",
        "GRANT UPDATE (role, key_id, mac) ON swiftotp.roles TO \(serverRole)",
    ]
}
