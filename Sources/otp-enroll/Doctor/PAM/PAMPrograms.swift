/// What is known about programs that use PAM, by the names of their services.
enum PAMPrograms {
    /// Programs that have one field, and give its contents as the answer to every question; a
    /// second question of PAM is never shown.
    private static let oneField: Set = [
        "i3lock", "swaylock", "waylock", "slimlock", "xlock", "xtrlock-pam",
        "dovecot", "openvpn", "proftpd", "pure-ftpd", "squid", "vsftpd",
    ]

    /// Screen lockers that run as the user who is locked out.
    private static let ofUsers: Set = [
        "cinnamon-screensaver", "gnome-screensaver", "gtklock", "hyprlock", "i3lock", "kde",
        "kscreenlocker", "mate-screensaver", "slimlock", "swaylock", "vlock", "waylock",
        "xfce4-screensaver", "xscreensaver", "xsecurelock", "xtrlock-pam",
    ]

    /// Whether the second question is never shown.
    static func asksOnce(_ service: String) -> Bool { oneField.contains(service) }

    /// Whether it is not root's, and so cannot start swiftotpd.
    static func isOfUsers(_ service: String) -> Bool { ofUsers.contains(service) }
}
