// Users who are not asked for a code because of the configuration, enrolled or not.

extension LoginFlow {
    /// Why a user is not asked; `nil` if the user is.
    func exemption(
        of user: User, from place: LoginOrigin
    ) throws(StoreError) -> LoginResult.Reason? {
        if let group = options.exemptGroup, try users.isMember(user, of: group) { return .exempt }
        return isExempt(place) ? .exemptNetwork : nil
    }

    /// Whether a login by ssh comes from an exempt network. An address proves nothing, so it counts
    /// only in addition to a first factor.
    private func isExempt(_ place: LoginOrigin) -> Bool {
        guard let networks = options.exemptNetworks, let address = place.sshAddress,
            isProven(at: place)
        else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// Whether something in this session has authenticated the user: sshd says so, or the admin
    /// says that the modules before this one did.
    func isProven(at place: LoginOrigin) -> Bool {
        options.followsFirstFactor || place.sshMethods?.provesUser == true
    }
}
