// Who is not asked for a code by the admin's word, whether enrolled or not.

extension LoginFlow {
    /// Why a user is not asked; `nil` for who is.
    func exemption(
        of user: User, from place: LoginOrigin
    ) throws(StoreError) -> LoginResult.Reason? {
        if let group = options.exemptGroup, try users.isMember(user, of: group) { return .exempt }
        return isExempt(place) ? .exemptNetwork : nil
    }

    /// Whether a login by ssh comes from a network whose people are not asked. An address proves
    /// nobody, so that it counts beside a first factor alone.
    private func isExempt(_ place: LoginOrigin) -> Bool {
        guard let networks = options.exemptNetworks, let address = place.sshAddress,
            isProven(at: place)
        else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// Whether something in this session has proven the user: sshd's word, or the admin's that the
    /// modules before this one have done so.
    func isProven(at place: LoginOrigin) -> Bool {
        options.followsFirstFactor || place.sshMethods?.provesUser == true
    }
}
