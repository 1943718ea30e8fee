/// The release. It is defined only here: the programs and the Makefile read it, and a test compares
/// the changelogs and the RPM's spec with it.
public enum Version {
    public static let number = "0.2.0"
}
