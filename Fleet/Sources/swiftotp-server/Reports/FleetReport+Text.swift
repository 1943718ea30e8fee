import FleetStore
import OTPCore
import OTPWire

// What `report` prints, or mails. Times are UTC.
extension FleetReport {
    /// The report in lines of at most 79 columns, without a newline at its end.
    func text() -> String {
        let page = ReportPage(width: ReportPage.mailWidth)
        let place = "the fleet \(fleet) (\(server), \(Table.time(now)) UTC)"
        let all = Counted.text(users, "user")
        let hosts = Counted.text(self.hosts.count, "host")
        var lines: [String]
        if isQuiet {
            lines = page.wrapped(
                "Nothing to report on \(place): \(all), all enrolled; \(hosts).")
        } else {
            lines = page.wrapped(
                "One-time codes in \(place): \(people.enrolled) of \(all) enrolled; \(hosts).")
            lines += usersInNeed(page) + self.hosts.sections(on: page, at: now) + rest(page)
            lines += helpDesk(page)
        }
        lines += certificates(page)
        return lines.joined(separator: "\n")
    }

    private func usersInNeed(_ page: ReportPage) -> [String] {
        let help = PeopleReport.Help(
            closed: "where they came from: swiftotp-server audit --user NAME --hours 168; "
                + "open: otp-enroll unlock NAME",
            lockedOut: "another one: otp-enroll issue NAME",
            withoutBackupCodes: "new ones, by the users themselves: otp-enroll codes",
            withShortKeys: "which: otp-enroll status NAME; another one, by the users themselves: "
                + "otp-enroll add",
            temporaryCodes: "revoke: otp-enroll issue --revoke NAME",
            allTemporaryCodes: FleetReport.everything)
        var lines = page.section(
            "Known, and not enrolled", notEnrolled,
            "for their first login: otp-enroll issue NAME; all: swiftotp-server users")
        lines += people.sections(on: page, help, time: Table.time)
        lines += page.section(
            "Records that nobody can use",
            rows: uselessRecords.map { "\(ReportPage.short($0.user)): \($0.problem)" },
            all: FleetReport.everything)
        return lines
    }

    /// What was done while hosts were offline, and who may join.
    private func rest(_ page: ReportPage) -> [String] {
        var lines = page.section(
            "Alarms about offline hosts", rows: alarms.map(FleetReport.row),
            "what they mean: docs/FLEET.md, While no server is reached", all: FleetReport.audit)
        lines += page.section(
            "Answers given for offline hosts", rows: answers.map(FleetReport.row),
            all: FleetReport.audit)
        lines += page.section(
            "Open invites", rows: invites.map(FleetReport.row),
            "who invited: swiftotp-server audit", all: FleetReport.everything)
        return lines
    }

    /// The command that names everybody.
    private static let everything = "swiftotp-server report --json"
    /// The command that shows all of it.
    private static let audit = "swiftotp-server audit --hours 168"

    private static func row(_ row: AuditRow) -> String {
        let user = row.user.name.isEmpty ? "" : "\(ReportPage.short(shown(row.user))) "
        let by = row.actor.isEmpty ? "" : ", by \(row.actor.withoutSteering)"
        let host = shown(host: row.host) ?? ""
        return "\(Table.time(row.time)) \(user)at \(host): \(row.detail.withoutSteering)\(by)"
    }

    private static func row(_ invite: FleetStore.Invite) -> String {
        let rights = invite.rights.sorted().joined(separator: ",")
        return "\(invite.host), until \(Table.time(invite.ends)), rights: "
            + (rights.isEmpty ? "none" : rights)
    }

    private func helpDesk(_ page: ReportPage) -> [String] {
        let count = Counted.text(acts.count, "act") + (hasMoreActs ? " or more" : "")
        let rows = acts.map { act in
            [
                Table.time(act.time), ReportPage.short(act.actor.withoutSteering), act.kind,
                ReportPage.short(FleetReport.shown(act.user)),
                FleetReport.shown(host: act.host) ?? "a server",
            ]
        }
        return page.table(
            "The help desk in the last \(FleetReport.days) days: \(count)",
            ["WHEN", "WHO", "WHAT", "TO WHOM", "AT"], rows, flexible: 3, all: FleetReport.audit)
    }

    private func certificates(_ page: ReportPage) -> [String] {
        let authority = "the authority's ends on \(CivilTime(authorityEnds).date)"
        let own = serverEnds.map { "that of \(server) ends on \(CivilTime($0).date), " } ?? ""
        var lines = [""] + page.wrapped("Certificates: \(own)\(authority).")
        if isServerDue {
            lines += page.wrapped(
                "That of \(server) should have been made anew: swiftotp-server certificate, and then"
                    + " systemctl restart swiftotp-server")
        }
        if isAuthorityDue {
            lines += page.wrapped(
                "When the authority's ends, all hosts have to join anew: docs/FLEET.md, Keys and"
                    + " certificates")
        }
        return lines
    }

    // MARK: For scripts

    /// The members of the object that `report --json` prints.
    var json: [JSON.Member] {
        let start: [JSON.Member] = [
            JSON.Member("fleet", .text(fleet)), JSON.Member("server", .text(server)),
            JSON.Member("time", .time(now)), JSON.Member("users", .count(users)),
            JSON.Member("enrolled", .count(people.enrolled)),
            JSON.Member("not_enrolled", .list(notEnrolled.map(JSON.text))),
        ]
        let useless = uselessRecords.map { record in
            JSON.object(["user": .text(record.user), "problem": .text(record.problem)])
        }
        let end: [JSON.Member] = [
            JSON.Member("useless_records", .list(useless)),
            JSON.Member("helpdesk_acts", .list(acts.map(FleetReport.object))),
            JSON.Member("may_miss_acts", .bool(hasMoreActs)),
            JSON.Member("offline_answers", .list(answers.map(FleetReport.object))),
            JSON.Member("offline_alarms", .list(alarms.map(FleetReport.object))),
            JSON.Member("invites", .list(invites.map(FleetReport.object))),
            JSON.Member("server_certificate_ends", serverEnds.map(JSON.time) ?? .null),
            JSON.Member("authority_ends", .time(authorityEnds)),
        ]
        return start + people.json + hosts.json + end
    }

    private static func object(_ row: AuditRow) -> JSON {
        .object([
            "time": .time(row.time), "helper": .text(row.actor.withoutSteering),
            "act": .text(row.kind), "user": .text(shown(row.user)),
            "host": shown(host: row.host).map(JSON.text) ?? .null,
            "detail": .text(row.detail.withoutSteering),
        ])
    }

    private static func object(_ invite: FleetStore.Invite) -> JSON {
        .object([
            "host": .text(invite.host), "realm": .text(invite.realm),
            "rights": .list(invite.rights.sorted().map(JSON.text)), "ends": .time(invite.ends),
        ])
    }
}
